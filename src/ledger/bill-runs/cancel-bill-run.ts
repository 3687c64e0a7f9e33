import { sql } from 'kysely'
import type { Tx } from '../../db/open.ts'
import { Refusal } from '../../problems.ts'
import { endBillRun } from './finish-bill-run.ts'
import { lockBillRun } from './lock-bill-run.ts'

/**
 * Cancels a bill run: accounts that are billed stay billed, and open batches are not billed any more. Throws a Refusal `bill_run_not_found`
 * or `bill_run_finished`.
 */
export async function cancelBillRun(tx: Tx, billRunId: string): Promise<void> {
  const run = await lockBillRun(tx, billRunId)
  if (run.finished_at) throw new Refusal('bill_run_finished', `bill run ${billRunId} is ${run.status}`)
  await tx
    .updateTable('bill_run')
    .set({ cancel_requested_at: sql`now()`, selected_all: true })
    .where('id', '=', billRunId)
    .execute()
  // A worker closes a batch, under the lock of its row, before it writes the invoices. So a batch is billed as a whole or not at all.
  await tx
    .updateTable('bill_batch')
    .set({ status: 'cancelled', finished_at: sql`now()` })
    .where('bill_run_id', '=', billRunId)
    .where('status', '=', 'open')
    .execute()
  await endBillRun(tx, billRunId)
}
