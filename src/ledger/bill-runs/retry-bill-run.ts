import { sql } from 'kysely'
import type { Tx } from '../../db/open.ts'
import { Refusal } from '../../problems.ts'
import { lockBillRun } from './lock-bill-run.ts'

/**
 * Reopens the failed batches of a bill run. A run without failures stays as it is. Throws a Refusal `bill_run_not_found`, or
 * `bill_run_finished` for a cancelled run.
 */
export async function retryBillRun(tx: Tx, billRunId: string): Promise<void> {
  const run = await lockBillRun(tx, billRunId)
  if (run.status === 'cancelled') throw new Refusal('bill_run_finished', `bill run ${billRunId} was cancelled`)
  const { numUpdatedRows } = await tx
    .updateTable('bill_batch')
    .set({
      status: 'open',
      begun_by: [],
      trouble: null,
      trouble_since: null,
      finished_at: null,
      woken_at: sql`'-infinity'`,
    })
    .where('bill_run_id', '=', billRunId)
    .where('status', '=', 'failed')
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) return
  await tx.updateTable('bill_run').set({ status: 'running', finished_at: null }).where('id', '=', billRunId).execute()
}
