import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Db, Tx } from '../db/open.ts'
import type { Credit, CreditStatus } from '../db/schema.ts'
import { keysetPage, type Page } from './keyset.ts'

export type CreditRow = Selectable<Credit> & {
  /** The caller's key for its account. */
  readonly key: string
  readonly currency: string
  readonly invoice_number: number | null
  readonly reversed_on_invoice_number: number | null
}

export type CreditFilter = { readonly accountId: number | undefined; readonly status: CreditStatus | undefined }

/** A page of credits, newest first, of an account, in a status, or of all. */
export function listCredits(
  db: Db,
  { accountId, status, ...page }: Page<string> & CreditFilter,
): Promise<readonly CreditRow[]> {
  const ofAccount = accountId !== undefined
  const lead = ofAccount
    ? { column: 'credit.account_id', type: 'bigint', value: accountId }
    : { column: 'credit.status', type: 'credit_status', value: status }
  const filters = ofAccount && status !== undefined ? [sql`credit.status = ${status}::credit_status`] : []
  return selectCredits(db, keysetPage({ lead, order: { 'credit.id': 'uuid' }, direction: 'desc', filters, ...page }))
}

export async function readCredit(db: Db | Tx, creditId: string): Promise<CreditRow | undefined> {
  return (await selectCredits(db, sql`where credit.id = ${creditId}::uuid`))[0]
}

/**
 * Credits with their accounts and invoices. `which` is the SQL after `from`. Accounts and invoices are looked up row by row; `limit 1`
 * keeps the planner from joining, because a merge join of 50 rows may read half of the other table.
 */
async function selectCredits(db: Db | Tx, which: RawBuilder<unknown>): Promise<readonly CreditRow[]> {
  const { rows } = await sql<CreditRow>`
    select credit.*, account.key, account.currency, invoice.number as invoice_number,
      (select number from invoice where id = credit.reversed_on_invoice_id) as reversed_on_invoice_number
    from credit cross join lateral (select key, currency from account where id = credit.account_id limit 1) account
    left join lateral (select number from invoice where id = credit.invoice_id limit 1) invoice on true ${which}`.execute(
    db,
  )
  return rows
}
