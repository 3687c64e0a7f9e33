import type { Db } from '../db/open.ts'
import { inTransaction } from '../db/transaction.ts'
import { finishBillRun } from '../ledger/bill-runs/finish-bill-run.ts'
import { markReopened } from '../ledger/bill-runs/mark-reopened.ts'
import { selectBatches } from '../ledger/bill-runs/select-batches.ts'
import { clearTrouble, noteTrouble } from '../ledger/requests/note-trouble.ts'
import type { Handle } from '../queue/start-worker.ts'
import type { WorkContext } from './kind.ts'

/** Wakes workers for batches that are open. */
export type WakeBatches = (batchIds: readonly string[]) => Promise<void>

/** Batches whose wake-up is read and sent at once. */
const PAGE = 1_000

/** Processes bill runs up to their batches. */
export function processBillRuns({ db, config, queues }: WorkContext): Handle {
  const wakeBatches: WakeBatches = (ids) => queues.wake('bill-batch', ids)
  return async ([billRunId]) => processBillRun(db, billRunId as string, config.BILL_BATCH_SIZE, wakeBatches)
}

/**
 * Processes a bill run up to its batches: selects the accounts slice by slice, waking workers for each slice at once, and wakes
 * what a retry has opened again. Repeated, it goes on where it was.
 */
export async function processBillRun(db: Db, billRunId: string, batchSize: number, wake: WakeBatches): Promise<void> {
  try {
    await selectAndWake(db, billRunId, batchSize, wake)
  } catch (error) {
    await noteTrouble(db, 'bill_run', [billRunId], error)
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
  // A run that found nothing to bill has no batch to end it.
  await finishBillRun(db, billRunId)
}
