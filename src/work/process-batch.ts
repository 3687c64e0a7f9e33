import { errorCode, faultOf, isTimeOut } from '../db/classify-error.ts'
import type { Db, Tx } from '../db/open.ts'
import { inTransaction } from '../db/transaction.ts'
import { lockAccounts } from '../ledger/accounts/lock-accounts.ts'
import { type ClaimedBatch, claimBatch, failBatch, splitBatch, wasBegun } from '../ledger/bill-runs/batches.ts'
import { finishBillRun } from '../ledger/bill-runs/finish-bill-run.ts'
import { takesBillRuns } from '../ledger/bill-runs/probe-database.ts'
import { BatchIsClosed, billAccounts } from '../ledger/invoices/bill-accounts.ts'
import { MAX_CRASHES, takeBackMark } from '../ledger/requests/begun-by.ts'
import { noteTrouble } from '../ledger/requests/note-trouble.ts'
import { type ProblemCode, Refusal } from '../problems.ts'
import type { Handle } from '../queue/start-worker.ts'
import { type Gate, openGate } from './gate.ts'
import type { WorkContext } from './kind.ts'
import type { WakeBatches } from './process-bill-run.ts'

/** An account that its bill run could not bill. */
export type AccountFailure = {
  readonly billRunId: string
  readonly accountId: number
  readonly code: ProblemCode
  readonly message: string
  readonly cause?: unknown
}

type Reason = Pick<AccountFailure, 'code' | 'message' | 'cause'>

/** Processes batches of bill runs. */
export function processBatches({ db, queues, gate, log }: WorkContext): Handle {
  const wakeBatches: WakeBatches = (ids) => queues.wake('bill-batch', ids)
  return async ([billBatchId]) => {
    const failure = await processBatch(db, billBatchId as string, wakeBatches, gate)
    if (failure === undefined) return
    const { cause, ...what } = failure
    log.error({ ...what, billBatchId, err: cause }, 'an account could not be billed')
  }
}

/**
 * Processes one batch of a bill run. A trouble of the house is thrown, to be tried again for as long as it lasts. What is wrong with an
 * account's own data narrows the batch down, until that account stands alone and is recorded and the others are billed. Where it is unclear
 * which of the two it is, as with a time-out, the database is probed: when it takes bill runs in general, it is the accounts. Returns the
 * account that failed, if one did. A batch that a lost process had begun may take its process down: it is tried when nothing else is under
 * way in this one, which `gate` sees to, so that it takes nothing else with it.
 */
export async function processBatch(
  db: Db,
  batchId: string,
  wake: WakeBatches,
  gate: Gate = openGate(),
): Promise<AccountFailure | undefined> {
  const enter = (await wasBegun(db, batchId)) ? gate.exclusive : gate.shared
  try {
    return await enter(() => tryBatch(db, batchId, wake))
  } catch (error) {
    await takeBackMark(db, 'bill_batch', batchId)
    await noteTrouble(db, 'bill_batch', [batchId], error)
    throw error
  }
}

async function tryBatch(db: Db, batchId: string, wake: WakeBatches): Promise<AccountFailure | undefined> {
  const batch = await claimBatch(db, batchId)
  if (!batch) return undefined
  if (batch.lost >= MAX_CRASHES) {
    // Each account by itself: halving would cost a crash, and the time to notice it, at every step.
    const message = `the worker was lost ${batch.lost} times while it billed this account`
    return await narrowDown(db, batch, { parts: batch.accountIds.length, code: 'worker_crashed', message }, wake)
  }
  try {
    await inTransaction(db, (tx, mark) => billAccounts(tx, batch, mark))
  } catch (error) {
    const fault = faultOf(error)
    if (error instanceof BatchIsClosed) {
      await finishBillRun(db, batch.billRunId)
      return undefined
    }
    if (fault === 'house' || (fault === 'unclear' && !(await takesBillRuns(db)))) throw error
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
function reasonOf(cause: unknown): Reason {
  const message = cause instanceof Error ? cause.message : String(cause)
  if (cause instanceof Refusal) return { code: cause.code, message, cause }
  if (isTimeOut(cause)) return { code: 'timed_out', message: `it took too long in every try: ${message}`, cause }
  const code = errorCode(cause) ?? ''
  if (code === '53200') {
    const advice = 'look at what the account has, and at the memory settings of the database'
    return { code: 'out_of_memory', message: `the database ran out of memory over it: ${message}; ${advice}`, cause }
  }
  return { code: /^(2[123]|P0)/.test(code) ? 'database_refused' : 'internal_error', message, cause }
}
