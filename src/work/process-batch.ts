import { errorCode, faultOf, isTimeOut } from '../db/classify-error.ts'
import type { Db, Tx } from '../db/open.ts'
import { inTransaction } from '../db/transaction.ts'
import { lockAccounts } from '../ledger/accounts/lock-accounts.ts'
import { acceptsBillRuns } from '../ledger/bill-runs/accepts-bill-runs.ts'
import { type ClaimedBatch, claimBatch, failBatch, isMarkedByOthers, splitBatch } from '../ledger/bill-runs/batches.ts'
import { finishBillRun } from '../ledger/bill-runs/finish-bill-run.ts'
import { BatchIsClosed, billAccounts } from '../ledger/invoices/bill-accounts.ts'
import { MAX_CRASHES, unmarkAttempt } from '../ledger/requests/attempt-marks.ts'
import { recordTrouble } from '../ledger/requests/record-trouble.ts'
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
    const { cause, ...details } = failure
    log.error({ ...details, billBatchId, err: cause }, 'an account could not be billed')
  }
}

/**
 * Processes one batch of a bill run. Returns the account that failed, if one did.
 *
 * - A system fault is thrown: the batch is tried again for as long as the fault lasts.
 * - A fault in an account's data splits the batch, until the failing account has a batch of its own. That one is recorded as failed, and
 *   the others are billed.
 * - When the fault is unclear, as with a time-out, the database is probed. If it accepts bill runs in general, the accounts are at fault.
 *
 * A batch that another process started and did not finish may have killed that process. `gate` lets it run only when nothing else runs in
 * this process, so that it takes no other work down with it.
 */
export async function processBatch(
  db: Db,
  batchId: string,
  wake: WakeBatches,
  gate: Gate = openGate(),
): Promise<AccountFailure | undefined> {
  const enter = (await isMarkedByOthers(db, batchId)) ? gate.exclusive : gate.shared
  try {
    return await enter(() => tryBatch(db, batchId, wake))
  } catch (error) {
    await unmarkAttempt(db, 'bill_batch', batchId)
    await recordTrouble(db, 'bill_batch', [batchId], error)
    throw error
  }
}

async function tryBatch(db: Db, batchId: string, wake: WakeBatches): Promise<AccountFailure | undefined> {
  const batch = await claimBatch(db, batchId)
  if (!batch) return undefined
  if (batch.crashes >= MAX_CRASHES) {
    // One account a batch at once: halving would cost another crash, and the time to notice it, at every step.
    const message = `the worker was lost ${batch.crashes} times while it billed this account`
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
    if (fault === 'system' || (fault === 'unclear' && !(await acceptsBillRuns(db)))) throw error
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
  // Another worker may be billing this batch: its transaction ends first, and then the batch is closed and has not failed. After a time-out
  // there is no second wait: somebody holds an account for longer than a lock is waited for.
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
