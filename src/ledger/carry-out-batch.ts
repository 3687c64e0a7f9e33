import type { Db, Tx } from '../db/open.ts'
import { errorCode, isPassing, isTimeOut } from '../db/passing-error.ts'
import { inTransaction } from '../db/transaction.ts'
import type { ProblemCode } from '../problems.ts'
import { billAccounts } from './bill-accounts.ts'
import { type ClaimedBatch, claimBatch, failBatch, splitBatch, uncountTry, wasBegun } from './bill-batch.ts'
import { finishBillRun } from './finish-bill-run.ts'
import { type Gate, MOST_CRASHES, openGate } from './gate.ts'
import { lockAccounts } from './lock-accounts.ts'

/** Wakes workers for batches that are open. */
export type WakeBatches = (batchIds: readonly string[]) => Promise<void>

/** An account that its bill run could not bill. */
export type AccountFailure = {
  readonly billRunId: string
  readonly accountId: number
  readonly code: ProblemCode
  readonly message: string
  readonly cause?: unknown
}

type Reason = Pick<AccountFailure, 'code' | 'message' | 'cause'>

/**
 * Carries out one batch of a bill run. What fails for a reason that passes is thrown, to be tried again. For any other
 * reason the batch is narrowed down until the failing account stands alone and is recorded, so that the others are billed; so it is
 * when it takes too long, since one account may be why: it may be locked, or have too much. Returns the account that failed, if one did.
 * A batch that was begun before and did not end may take its worker down: it is tried when nothing else is under way in the
 * process, which `gate` sees to, so that it takes nothing else with it.
 */
export async function carryOutBatch(
  db: Db,
  batchId: string,
  wake: WakeBatches,
  gate: Gate = openGate(),
): Promise<AccountFailure | undefined> {
  const enter = (await wasBegun(db, batchId)) ? gate.alone : gate.together
  return await enter(() => tryBatch(db, batchId, wake))
}

async function tryBatch(db: Db, batchId: string, wake: WakeBatches): Promise<AccountFailure | undefined> {
  const batch = await claimBatch(db, batchId)
  if (!batch) return undefined
  if (batch.attempts > MOST_CRASHES) {
    // Each account by itself: halving would cost a crash, and the time to notice it, at every step.
    const message = `the worker was lost ${MOST_CRASHES} times while it billed this account`
    return await narrowDown(db, batch, { parts: batch.accountIds.length, code: 'worker_crashed', message }, wake)
  }
  try {
    await inTransaction(db, (tx) => billAccounts(tx, batch))
  } catch (error) {
    if (isPassing(error) && !isTimeOut(error)) {
      await uncountTry(db, batch.id)
      throw error
    }
    return await narrowDown(db, batch, { parts: 2, ...reasonOf(error) }, wake)
  }
  await finishBillRun(db, batch.billRunId)
  return undefined
}

async function narrowDown(
  db: Db,
  batch: ClaimedBatch,
  { parts, ...reason }: Reason & { readonly parts: number },
  wake: WakeBatches,
): Promise<AccountFailure | undefined> {
  // Whoever is billing it at this moment ends first: then it is closed, and has not failed. Who holds it for longer is not waited for.
  const waitForOthers = async (tx: Tx) => {
    if (reason.code !== 'timed_out') await lockAccounts(tx, batch.accountIds)
  }
  const [accountId, ...others] = batch.accountIds
  if (accountId === undefined || others.length > 0) {
    await wake(
      await inTransaction(db, async (tx) => {
        await waitForOthers(tx)
        return splitBatch(tx, batch, parts)
      }),
    )
    return undefined
  }
  const failed = await inTransaction(db, async (tx) => {
    await waitForOthers(tx)
    return failBatch(tx, batch, reason.code, reason.message)
  })
  await finishBillRun(db, batch.billRunId)
  return failed ? { billRunId: batch.billRunId, accountId, ...reason } : undefined
}

/** A stable code and a reason that an operator can act on. */
function reasonOf(error: unknown): Reason {
  const message = error instanceof Error ? error.message : String(error)
  if (isTimeOut(error)) return { code: 'timed_out', message: `it took too long in every try: ${message}`, cause: error }
  const code = errorCode(error)?.match(/^[0-9A-Z]{5}$/) ? 'database_refused' : 'internal_error'
  return { code, message, cause: error }
}
