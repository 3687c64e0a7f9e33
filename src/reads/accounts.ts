import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Db, Tx } from '../db/open.ts'
import { pgArray } from '../db/pg-array.ts'
import type { Account } from '../db/schema.ts'
import { Refusal } from '../problems.ts'
import { keysetPage, type Page } from './keyset.ts'

export type AccountRow = Selectable<Account> & {
  /** The sum of what its invoices owe. */
  readonly balance: string
  /** The sum of what its issued credits have left. */
  readonly credit_left: string
}

/**
 * What an account owes, and what its credits have left, as columns of a select from `account`. Rows are read in the order of an index: without that,
 * where one account has most of them, the planner would look through all for the few of another.
 */
export const SUMS = sql`
  coalesce((select sum(balance) from (
    select balance from invoice where account_id = account.id and balance > 0 order by account_id, due_on, number) unpaid), 0) as balance,
  coalesce((select sum(amount - disbursed) from (
    select amount, disbursed from credit where account_id = account.id and status in ('issued', 'reversal_pending')
    order by account_id, id) issued), 0) as credit_left`

/** A page of accounts, oldest first, of a bill group or of all. */
export function listAccounts(
  db: Db,
  { billGroup, ...page }: Page<number> & { readonly billGroup: string | undefined },
): Promise<readonly AccountRow[]> {
  const lead = { column: 'bill_group', type: 'text', value: billGroup }
  return selectAccounts(db, keysetPage({ lead, order: { id: 'bigint' }, direction: 'asc', ...page }))
}

/** Accounts by their ids, in the order of these. Unknown ids are left out. */
export async function readAccounts(db: Db, ids: readonly number[]): Promise<readonly AccountRow[]> {
  if (ids.length === 0) return []
  const rows = await selectAccounts(db, sql`where id = any(${pgArray(ids)}::bigint[])`)
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.flatMap((id) => byId.get(id) ?? [])
}

/** One account, by the caller's key for it. Throws a Refusal `account_not_found`. */
export async function readAccount(db: Db | Tx, key: string): Promise<AccountRow> {
  const [account] = await selectAccounts(db, sql`where key = ${key}`)
  if (!account) throw accountNotFound(key)
  return account
}

export const accountNotFound = (key: string) => new Refusal('account_not_found', `there is no account ${key}`)

/** Accounts with their sums. `which` is the SQL after `from`: joins, conditions, order and limit. */
async function selectAccounts(db: Db | Tx, which: RawBuilder<unknown>): Promise<readonly AccountRow[]> {
  const { rows } = await sql<AccountRow>`select account.*, ${SUMS} from account ${which}`.execute(db)
  return rows
}
