import { sql } from 'kysely'
import type { Tx } from '../../db/open.ts'
import { insertBatches } from './batches.ts'
import { cutBatches } from './cut-batches.ts'
import { countPending, findPendingAccounts } from './find-pending-accounts.ts'

/** How many accounts are looked at in one transaction. Workers start on a slice while the next one is selected. */
const SLICE = 4_000
/** Charges in a batch at most: a third of a second of Postgres. So several workers share a run of a few large accounts too. */
const MAX_CHARGES = 10_000

export type SelectedSlice = { readonly batchIds: readonly string[]; readonly selectedAll: boolean }

/**
 * Selects the next slice of a bill run's accounts and cuts it into batches of at most `maxAccounts`. The progress is stored in the run, in
 * the same transaction: after a crash the selection goes on there, and no account is selected twice. Returns no batches for a run that has
 * ended.
 */
export async function selectBatches(
  tx: Tx,
  billRunId: string,
  maxAccounts: number,
  { slice = SLICE, maxCharges = MAX_CHARGES }: { readonly slice?: number; readonly maxCharges?: number } = {},
): Promise<SelectedSlice> {
  const run = await tx
    .selectFrom('bill_run')
    .select(['bill_group', 'account_ids', 'bill_date', 'selected_up_to', 'selected_all', 'finished_at'])
    .where('id', '=', billRunId)
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (!run || run.selected_all || run.finished_at) return { batchIds: [], selectedAll: true }

  const { bill_group: billGroup, bill_date: billDate, selected_up_to: after } = run
  const { accountIds, upTo } = run.account_ids
    ? { accountIds: run.account_ids, upTo: undefined }
    : await findPendingAccounts(tx, { billGroup: billGroup ?? '', billDate, after, slice })
  const accounts = await countPending(tx, accountIds, billDate, maxCharges)
  const batchIds = await insertBatches(tx, billRunId, cutBatches(accounts, { maxAccounts, maxCharges }))
  await tx
    .updateTable('bill_run')
    .set((eb) => ({
      status: 'running',
      started_at: eb.fn.coalesce('started_at', sql<Date>`now()`),
      selected_up_to: upTo ?? after,
      selected_all: upTo === undefined,
    }))
    .where('id', '=', billRunId)
    .execute()
  return { batchIds, selectedAll: upTo === undefined }
}
