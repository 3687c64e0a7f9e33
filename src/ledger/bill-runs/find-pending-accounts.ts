import { sql } from 'kysely'
import type { Tx } from '../../db/open.ts'
import { pgArray } from '../../db/pg-array.ts'
import type { AccountToBill } from './cut-batches.ts'

/** Probing one account for pending entries costs about as much as this many steps through the index of pending entries. */
const PROBE_COST = 3

export type Search = {
  readonly billGroup: string
  /** YYYY-MM-DD */
  readonly billDate: string
  /** The internal account id after which the search goes on. */
  readonly after: number
  /** How many accounts are looked at. */
  readonly slice: number
}

export type Found = {
  readonly accountIds: readonly number[]
  /** The account id to go on from; undefined when there is no more. */
  readonly upTo: number | undefined
}

/**
 * Finds the next accounts of a group that have anything pending, in id order. There are two ways: to probe each account of the group for
 * pending entries, or to walk all pending entries and check each account's group. The first is cheap for a small group, the second when
 * little is pending. This takes the way that gets further for its cost. So a run never costs more than a few times the better way.
 */
export async function findPendingAccounts(tx: Tx, search: Search): Promise<Found> {
  const groupUpTo = await endOfGroupSlice(tx, search)
  if (groupUpTo !== undefined) {
    const found = await walkPending(tx, search)
    const { after } = search
    if (found.upTo === undefined || (found.upTo - after) * PROBE_COST >= groupUpTo - after) return found
  }
  return { accountIds: await probeGroup(tx, search, groupUpTo), upTo: groupUpTo }
}

/** Counts the pending charges of accounts, in id order. Stops counting at `maxCharges` for each account: that fills a batch. */
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
 * The last id of the group's next slice of accounts; undefined when fewer are left. The condition on the group is written as a range on
 * purpose: with an equality the planner may walk all accounts in id order to find those of one group.
 */
async function endOfGroupSlice(tx: Tx, { billGroup, after, slice }: Search): Promise<number | undefined> {
  const { rows } = await sql<{ id: number }>`
    select id from account where (bill_group, id) > (${billGroup}::text, ${after}::bigint) and bill_group <= ${billGroup}::text
    order by bill_group, id limit 1 offset ${sql.lit(slice - 1)}`.execute(tx)
  return rows[0]?.id
}

/** The group's accounts up to this id that have anything pending. `union all` keeps the planner from reading all pending entries. */
async function probeGroup(
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

/** Walks the indexes of pending entries in account order, over one slice of accounts. Returns the accounts of the group. */
async function walkPending(tx: Tx, { billGroup, billDate, after, slice }: Search): Promise<Found> {
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
