import type { Logger } from 'pino'
import type { Static, TSchema } from 'typebox'
import Value from 'typebox/value'
import type { Db } from '../db/open.ts'
import { AcceptedJobs, MOST_AT_ONCE } from '../jobs/accepted-jobs.ts'
import { billBatchJob } from '../jobs/bill-batch.ts'
import { billRunJob } from '../jobs/bill-run.ts'
import { creditJob } from '../jobs/credit.ts'
import type { JobContract } from '../jobs/define-job.ts'
import { reversalJob } from '../jobs/reversal.ts'
import {
  countOpenBatches,
  countRound,
  type DueWakeUps,
  dueBatches,
  dueBillRuns,
  dueJobs,
  stillQueued,
} from '../ledger/due-wake-ups.ts'
import { settleJobs } from '../ledger/settle-jobs.ts'
import type { Backend } from './backend.ts'
import { makeRoom } from './make-room.ts'
import { PASSING, UNREADABLE } from './start-worker.ts'
import { type Queues, wake } from './wake.ts'

const PAGE = MOST_AT_ONCE
/** Wake-ups of each kind after the queue was full: to fill it at once again would be no progress. */
const FEW = 100
/** Wake-ups looked at to learn how far the queue has come: one alone may be of what is carried out already. */
const NEXT = 3
/** Rounds of tries that a credit or reversal gets before it is failed for good with its last reason. */
const MOST_ROUNDS = 3

type Relayed<P extends TSchema = TSchema> = {
  readonly contract: JobContract<P>
  readonly due: DueWakeUps
  /** The wake-ups for what is due. */
  readonly payloads: (ids: readonly string[]) => readonly Static<P>[]
}

const relayed = <P extends TSchema>(kind: Relayed<P>): Relayed => kind as unknown as Relayed

const together = (jobIds: readonly string[]): AcceptedJobs[] =>
  jobIds.length === 0 ? [] : [{ v: 1, jobIds: [...jobIds] }]

const KINDS: readonly Relayed[] = [
  relayed({ contract: creditJob, due: dueJobs('credit'), payloads: together }),
  relayed({ contract: reversalJob, due: dueJobs('reversal'), payloads: together }),
  relayed({
    contract: billRunJob,
    due: dueBillRuns,
    payloads: (ids) => ids.map((billRunId) => ({ v: 1 as const, billRunId })),
  }),
  relayed({
    contract: billBatchJob,
    due: dueBatches,
    payloads: (ids) => ids.map((billBatchId) => ({ v: 1 as const, billBatchId })),
  }),
]

/**
 * One round of the relay: wakes whatever is durable but has no live job, whether the queue lost it, the process that should have
 * enqueued it died, or the queue gave it up. `afterMs` keeps it from what has only just been accepted or woken.
 */
export async function relayOnce(db: Db, backend: Backend, queues: Queues, afterMs: number, log: Logger): Promise<void> {
  const wasFull = await makeRoom(backend, queues, log)
  const page = wasFull ? FEW : PAGE
  for (const kind of KINDS) {
    // What is wrong with one kind keeps no other from being woken.
    await wakeDue(kind).catch((error: unknown) => log.warn({ err: error, job: kind.contract.name }, 'could not relay'))
  }

  async function wakeDue({ contract, due, payloads }: Relayed): Promise<void> {
    await reviveGivenUp(db, queues, contract, log)
    if (contract.name === billBatchJob.name && (await everyBatchIsLive(db, queues))) return
    const inLine = await nextInLine(backend, queues, contract)
    for (;;) {
      const ids = await due(db, wasFull ? 0 : afterMs, page, inLine)
      await wake(queues, contract, payloads(ids))
      if (ids.length > 0) log.warn({ job: contract.name, woken: ids.length }, 'woke what had no live job')
      if (wasFull || ids.length < page) break
    }
  }
}

/**
 * The accepted jobs whose wake-ups come next. Wake-ups are taken in the order in which they were given, so whatever was woken
 * before these has lost its own, or is being carried out; a long backlog behind them is left alone.
 */
async function nextInLine(backend: Backend, queues: Queues, contract: JobContract): Promise<readonly string[]> {
  const wakeUps = await backend.nextInLine(queues.of(contract), NEXT)
  return wakeUps.flatMap(({ data }) => (Value.Check(AcceptedJobs, data) ? data.jobIds : []))
}

/** Thousands of batches wait their turn in a long run, and to wake them again would rewrite their rows for nothing. */
async function everyBatchIsLive(db: Db, queues: Queues): Promise<boolean> {
  const open = await countOpenBatches(db)
  const counts = await queues.of(billBatchJob).getJobCounts('waiting', 'active', 'delayed', 'prioritized')
  return Object.values(counts).reduce((sum, count) => sum + count, 0) >= open
}

/**
 * Takes up what the queue gave up. A failed job's id blocks a new one, so it is removed. Credits and reversals are woken again each
 * by itself, and one that has failed by itself in every round is settled as failed. Batches keep their own count of tries.
 */
async function reviveGivenUp(db: Db, queues: Queues, contract: JobContract, log: Logger): Promise<void> {
  for (const job of await queues.of(contract).getFailed(0, PAGE - 1)) {
    const reason = job.failedReason ?? 'unknown'
    const { jobIds } = (job.data ?? {}) as { jobIds?: readonly string[] }
    if (jobIds !== undefined && !reason.startsWith(UNREADABLE)) {
      const open = await stillQueued(db, jobIds)
      // Kept for people to look at: what it was to do is done, or failed for good.
      if (open.length === 0) continue
      // One that only was there when a worker was lost has not failed; the worker itself finds out which one is to blame. And what
      // failed for a reason that passes, as when workers cannot reach the database, is tried until it has passed.
      const failedAlone = jobIds.length === 1 && !reason.includes('stalled') && !reason.startsWith(PASSING)
      const rounds = failedAlone ? await countRound(db, open) : 0
      if (rounds >= MOST_ROUNDS) {
        await settleJobs(
          db,
          open.map((id) => ({ id, refusal: { code: 'internal_error', message: reason }, result: {} })),
        )
        log.error({ job: contract.name, jobIds: open, reason }, 'failed for good')
        continue
      }
      await job.remove()
      await wake(
        queues,
        contract,
        open.map((id) => ({ v: 1, jobIds: [id] })),
      )
    } else {
      await job.remove()
    }
    log.warn({ job: contract.name, jobId: job.id, reason }, 'took up what the queue had given up')
  }
}
