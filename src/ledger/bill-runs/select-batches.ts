import { sql } from 'kysely'
import type { Tx } from '../../db/open.ts'
import { insertBatches } from './batches.ts'
import { cutBatches } from './cut-batches.ts'
import { countPending, findPendingAccounts } from './find-pending-accounts.ts'

/** How many accounts are looked at in one transaction: workers begin on the first while the next are selected. */
const SLICE = 4_000
/** Charges in a batch: a third of a second of Postgres, so that a run of few large accounts is shared between workers too. */
const MAX_CHARGES = 10_000

export type SelectedSlice = { readonly batchIds: readonly string[]; readonly selectedAll: boolean }

/**
 * Selects the next slice of a bill run's accounts and cuts it into batches of at most `maxAccounts`. How far the selection has come stands in
 * the run, so a crash goes on where it was and no account is selected twice. A run that has ended, or was cancelled, gives no more.
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
