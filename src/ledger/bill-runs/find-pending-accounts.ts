import { sql } from 'kysely'
import type { Tx } from '../../db/open.ts'
import { pgArray } from '../../db/pg-array.ts'
import type { AccountToBill } from './cut-batches.ts'

/** To ask an account for what is pending costs about as much as to find this many that have something pending, and ask for their group. */
const PROBE_COST = 3

export type Search = {
  readonly billGroup: string
  /** YYYY-MM-DD */
  readonly billDate: string
  /** The internal id of the account up to which all are selected. */
  readonly after: number
  /** How many accounts are looked at. */
  readonly slice: number
}

export type Found = {
  readonly accountIds: readonly number[]
  /** Where to go on, undefined when there is no more. */
  readonly upTo: number | undefined
}

/**
 * The next accounts of a group with anything pending, in id order. There are two ways to them: the group's accounts, each asked for what
 * is pending, and what is pending, each asked for its group. The one that comes further for what it costs is taken: a run costs a few times
 * the better way at most, whether it is of a few accounts among a million with something pending, or of a million of which a few have.
 */
export async function findPendingAccounts(tx: Tx, search: Search): Promise<Found> {
  const groupUpTo = await endOfGroupSlice(tx, search)
  if (groupUpTo !== undefined) {
    const found = await amongPending(tx, search)
    const { after } = search
    if (found.upTo === undefined || (found.upTo - after) * PROBE_COST >= groupUpTo - after) return found
  }
  return { accountIds: await amongGroup(tx, search, groupUpTo), upTo: groupUpTo }
}

/** How many charges accounts have pending, in id order. Counted up to `maxCharges`: what fills a batch is not counted further. */
export async function countPending(
  tx: Tx,
  accountIds: readonly number[],
  billDate: string,
  maxCharges: number,
): Promise<readonly AccountToBill[]> {
  const { rows } = await sql<AccountToBill>`
    select id, (select count(*) from (
      select from charge where account_id = account.id and invoice_id is null and charged_on <= ${billDate}::date
      limit ${sql.lit(maxCharges)}) pending) as charges
    from unnest(${pgArray(accountIds)}::bigint[]) as account (id) order by id`.execute(tx)
  return rows
}

/**
 * The last of the group's next accounts; undefined when they are fewer than a slice. The group is written as a range: told that it is one,
 * the planner may walk all accounts in id order to find those of a group.
 */
async function endOfGroupSlice(tx: Tx, { billGroup, after, slice }: Search): Promise<number | undefined> {
  const { rows } = await sql<{ id: number }>`
    select id from account where (bill_group, id) > (${billGroup}::text, ${after}::bigint) and bill_group <= ${billGroup}::text
    order by bill_group, id limit 1 offset ${sql.lit(slice - 1)}`.execute(tx)
  return rows[0]?.id
}

/** Of the group's accounts up to this one, those with anything pending. `union all` keeps the planner from reading all that is pending. */
async function amongGroup(
  tx: Tx,
  { billGroup, billDate, after }: Search,
  upTo = Number.MAX_SAFE_INTEGER,
): Promise<readonly number[]> {
  const { rows } = await sql<{ id: number }>`
    select id from account
    where (bill_group, id) > (${billGroup}::text, ${after}::bigint) and (bill_group, id) <= (${billGroup}::text, ${upTo}::bigint) and exists (
      select from charge where account_id = account.id and invoice_id is null and charged_on <= ${billDate}::date
      union all select from credit where account_id = account.id and status in ('pending', 'reversal_pending'))
    order by bill_group, id`.execute(tx)
  return rows.map(({ id }) => id)
}

/** Of the next accounts with anything pending, by walking its indexes in account order, those of the group. */
async function amongPending(tx: Tx, { billGroup, billDate, after, slice }: Search): Promise<Found> {
  const limit = sql.lit(slice)
  const { rows } = await sql<{ ids: number[] | null; selected: number; up_to: number | null }>`
    with pending as (
      (select distinct account_id from charge
       where invoice_id is null and charged_on <= ${billDate}::date and account_id > ${after}::bigint
       order by account_id limit ${limit})
      union
      (select distinct account_id from credit
       where status in ('pending', 'reversal_pending') and account_id > ${after}::bigint
       order by account_id limit ${limit})
      order by account_id limit ${limit}
    )
    select array_agg(id order by id) filter (where bill_group = ${billGroup}::text) as ids, count(*) as selected, max(id) as up_to
    from account where id = any(array(select account_id from pending))`.execute(tx)
  const { ids, selected, up_to } = rows[0] as (typeof rows)[number]
  return { accountIds: ids ?? [], upTo: selected < slice ? undefined : (up_to ?? undefined) }
}
