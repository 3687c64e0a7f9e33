import type { Db } from '../db/open.ts'
import { errorCode, isPassing } from '../db/passing-error.ts'
import { inTransaction } from '../db/transaction.ts'
import { billAccounts } from './bill-accounts.ts'
import { type ClaimedBatch, claimBatch, failBatch, splitBatch, uncountTry, wasBegun } from './bill-batch.ts'
import { finishBillRun } from './finish-bill-run.ts'
import { type Gate, MOST_CRASHES, openGate } from './gate.ts'
import { lockAccounts } from './lock-accounts.ts'

/** Wakes workers for batches that are open. */
export type WakeBatches = (batchIds: readonly string[]) => Promise<void>

/**
 * Carries out one batch of a bill run. What fails for a reason that passes is thrown, to be tried again. For any other
 * reason the batch is narrowed down until the failing account stands alone and is recorded, so that the others are billed.
 * A batch that was begun before and did not end may take its worker down: it is tried when nothing else is under way in the
 * process, which `gate` sees to, so that it takes nothing else with it.
 */
export async function carryOutBatch(
  db: Db,
  batchId: string,
  wake: WakeBatches,
  gate: Gate = openGate(),
): Promise<void> {
  const enter = (await wasBegun(db, batchId)) ? gate.alone : gate.together
  await enter(() => tryBatch(db, batchId, wake))
}

async function tryBatch(db: Db, batchId: string, wake: WakeBatches): Promise<void> {
  const batch = await claimBatch(db, batchId)
  if (!batch) return
  if (batch.attempts > MOST_CRASHES) {
    // Each account by itself: halving would cost a crash, and the time to notice it, at every step.
    const message = `the worker was lost ${MOST_CRASHES} times while it billed this account`
    await narrowDown(db, batch, { parts: batch.accountIds.length, code: 'worker_crashed', message }, wake)
    return
  }
  try {
    await inTransaction(db, (tx) => billAccounts(tx, batch))
  } catch (error) {
    if (isPassing(error)) {
      await uncountTry(db, batch.id)
      throw error
    }
    await narrowDown(db, batch, { parts: 2, ...reasonOf(error) }, wake)
    return
  }
  await finishBillRun(db, batch.billRunId)
}

async function narrowDown(
  db: Db,
  batch: ClaimedBatch,
  why: { readonly parts: number; readonly code: string; readonly message: string },
  wake: WakeBatches,
): Promise<void> {
  if (batch.accountIds.length > 1) {
    await wake(
      await inTransaction(db, async (tx) => {
        await lockAccounts(tx, batch.accountIds)
        return splitBatch(tx, batch, why.parts)
      }),
    )
    return
  }
  // Whoever is billing it at this moment ends first: then it is closed, and has not failed.
  await inTransaction(db, async (tx) => {
    await lockAccounts(tx, batch.accountIds)
    await failBatch(tx, batch, why.code, why.message)
  })
  await finishBillRun(db, batch.billRunId)
}

/** A stable code and a reason that an operator can act on. */
function reasonOf(error: unknown): { readonly code: string; readonly message: string } {
  const message = error instanceof Error ? error.message : String(error)
  return { code: errorCode(error)?.match(/^[0-9A-Z]{5}$/) ? 'database_refused' : 'internal_error', message }
}
