import type { Db } from '../db/open.ts'
import { inTransaction } from '../db/transaction.ts'
import { finishBillRun } from '../ledger/bill-runs/finish-bill-run.ts'
import { markReopened } from '../ledger/bill-runs/mark-reopened.ts'
import { selectBatches } from '../ledger/bill-runs/select-batches.ts'
import { clearTrouble, recordTrouble } from '../ledger/requests/record-trouble.ts'
import type { Handle } from '../queue/start-worker.ts'
import type { WorkContext } from './kind.ts'

/** Enqueues jobs for open batches. */
export type WakeBatches = (batchIds: readonly string[]) => Promise<void>

/** How many reopened batches are read, and enqueued, at a time. */
const PAGE = 1_000

/** Processes bill runs as far as their batches. */
export function processBillRuns({ db, config, queues }: WorkContext): Handle {
  const wakeBatches: WakeBatches = (ids) => queues.wake('bill-batch', ids)
  return async ([billRunId]) => processBillRun(db, billRunId as string, config.BILL_BATCH_SIZE, wakeBatches)
}

/**
 * Processes a bill run as far as its batches: selects the accounts slice by slice and enqueues the batches of each slice at once. Enqueues
 * the batches that a retry has reopened too. A repeat goes on where the last call stopped.
 */
export async function processBillRun(db: Db, billRunId: string, batchSize: number, wake: WakeBatches): Promise<void> {
  try {
    await selectAndWake(db, billRunId, batchSize, wake)
  } catch (error) {
    await recordTrouble(db, 'bill_run', [billRunId], error)
    throw error
  }
}

async function selectAndWake(db: Db, billRunId: string, batchSize: number, wake: WakeBatches): Promise<void> {
  for (let selectedAll = false; !selectedAll; ) {
    const slice = await inTransaction(db, (tx) => selectBatches(tx, billRunId, batchSize))
    await wake(slice.batchIds)
    selectedAll = slice.selectedAll
  }
  for (;;) {
    const reopened = await markReopened(db, billRunId, PAGE)
    await wake(reopened)
    if (reopened.length < PAGE) break
  }
  await clearTrouble(db, 'bill_run', billRunId)
  // The last batch finishes its run; a run that found nothing to bill has no batch.
  await finishBillRun(db, billRunId)
}
