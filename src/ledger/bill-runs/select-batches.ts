import { sql } from 'kysely'
import type { Tx } from '../../db/open.ts'
import { insertBatches } from './batches.ts'

/** How many accounts are looked at in one transaction: workers begin on the first while the next are selected. */
const SLICE = 4_000
/** To ask an account for what is pending costs about as much as to find this many that have something pending, and ask for their group. */
const PROBE_COST = 3

export type SelectedSlice = { readonly batchIds: readonly string[]; readonly selectedAll: boolean }

/**
 * Selects the next slice of a bill run's accounts and cuts it into batches. How far the selection has come stands in the run,
 * so a crash goes on where it was and no account is selected twice. A run that has ended, or was cancelled, gives no more.
 */
export async function selectBatches(
  tx: Tx,
  billRunId: string,
  batchSize: number,
  slice = SLICE,
): Promise<SelectedSlice> {
  const run = await tx
    .selectFrom('bill_run')
    .select(['bill_group', 'account_ids', 'bill_date', 'selected_up_to', 'selected_all', 'finished_at'])
    .where('id', '=', billRunId)
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (!run || run.selected_all || run.finished_at) return { batchIds: [], selectedAll: true }

  const { accountIds, upTo } = run.account_ids
    ? { accountIds: run.account_ids, upTo: undefined }
    : await accountsWithPending(tx, {
        billGroup: run.bill_group ?? '',
        billDate: run.bill_date,
        after: run.selected_up_to,
        slice,
      })
  const batchIds = await insertBatches(tx, billRunId, accountIds, batchSize)
  await tx
    .updateTable('bill_run')
    .set((eb) => ({
      status: 'running',
      started_at: eb.fn.coalesce('started_at', sql<Date>`now()`),
      selected_up_to: upTo ?? run.selected_up_to,
      selected_all: upTo === undefined,
    }))
    .where('id', '=', billRunId)
    .execute()
  return { batchIds, selectedAll: upTo === undefined }
}

type Search = {
  readonly billGroup: string
  readonly billDate: string
  /** The internal id of the account up to which all are selected. */
  readonly after: number
  readonly slice: number
}
type Selected = {
  readonly accountIds: readonly number[]
  /** Where to go on, undefined when there is no more. */
  readonly upTo: number | undefined
}

/**
 * The next accounts of the group with anything pending, in id order. There are two ways to them: the group's accounts, each asked for what
 * is pending, and what is pending, each asked for its group. The one that comes further for what it costs is taken: a run costs a few times the
 * better way at most, whether it is of a few accounts among a million with something pending, or of a million of which a few have.
 */
async function accountsWithPending(tx: Tx, search: Search): Promise<Selected> {
  const groupUpTo = await endOfGroupSlice(tx, search)
  if (groupUpTo !== undefined) {
    const selected = await amongPending(tx, search)
    const { after } = search
    if (selected.upTo === undefined || (selected.upTo - after) * PROBE_COST >= groupUpTo - after) return selected
  }
  return { accountIds: await amongGroup(tx, search, groupUpTo), upTo: groupUpTo }
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
      select from charge where account_id = account.id and not billed and charged_on <= ${billDate}::date
      union all select from credit where account_id = account.id and status in ('pending', 'reversal_pending'))
    order by bill_group, id`.execute(tx)
  return rows.map(({ id }) => id)
}

/** Of the next accounts with anything pending, by walking its indexes in account order, those of the group. */
async function amongPending(tx: Tx, { billGroup, billDate, after, slice }: Search): Promise<Selected> {
  const limit = sql.lit(slice)
  const { rows } = await sql<{ ids: number[] | null; selected: number; up_to: number | null }>`
    with pending as (
      (select distinct account_id from charge
       where not billed and charged_on <= ${billDate}::date and account_id > ${after}::bigint
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
