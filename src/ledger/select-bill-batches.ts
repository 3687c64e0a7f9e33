import { sql } from 'kysely'
import type { Tx } from '../db/open.ts'
import { insertBatches } from './bill-batch.ts'

/** How many accounts are selected in one transaction: workers begin on the first while the next are selected. */
const SLICE = 4_000

export type SelectedSlice = { readonly batchIds: readonly string[]; readonly selectedAll: boolean }

/**
 * Selects the next slice of a bill run's accounts and cuts it into batches. How far the selection has come stands in the run,
 * so a crash goes on where it was and no account is selected twice. A run that has ended, or was cancelled, gives no more.
 */
export async function selectBillBatches(tx: Tx, billRunId: string, batchSize: number): Promise<SelectedSlice> {
  const run = await tx
    .selectFrom('bill_run')
    .select(['bill_group', 'account_ids', 'bill_date', 'selected_up_to', 'selected_all', 'finished_at'])
    .where('id', '=', billRunId)
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (!run || run.selected_all || run.finished_at) return { batchIds: [], selectedAll: true }

  const { accountIds, upTo } = run.account_ids
    ? { accountIds: run.account_ids, upTo: undefined }
    : await accountsWithPending(tx, run.bill_group ?? '', run.bill_date, run.selected_up_to)
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

/**
 * The next accounts with anything pending, by walking the indexes of what is pending in account order: the cost is that of what is
 * pending, however many accounts there are. `upTo` is where to go on, undefined when there is no more.
 */
async function accountsWithPending(
  tx: Tx,
  billGroup: string,
  billDate: string,
  after: number,
): Promise<{ accountIds: readonly number[]; upTo: number | undefined }> {
  const { rows } = await sql<{ ids: number[] | null; selected: number; up_to: number | null }>`
    with pending as (
      (select distinct account_id from charge
       where not billed and charged_on <= ${billDate}::date and account_id > ${after}::bigint
       order by account_id limit ${SLICE})
      union
      (select distinct account_id from credit
       where status in ('pending', 'reversal_pending') and account_id > ${after}::bigint
       order by account_id limit ${SLICE})
      order by account_id limit ${SLICE}
    )
    select array_agg(id order by id) filter (where bill_group = ${billGroup}::text) as ids, count(*) as selected, max(id) as up_to
    from account where id = any(array(select account_id from pending))`.execute(tx)
  const { ids, selected, up_to } = rows[0] as (typeof rows)[number]
  return { accountIds: ids ?? [], upTo: selected < SLICE ? undefined : (up_to ?? undefined) }
}
