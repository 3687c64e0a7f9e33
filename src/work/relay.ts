import type { Logger } from 'pino'
import type { Static, TSchema } from 'typebox'
import Value from 'typebox/value'
import type { Db } from '../db/open.ts'
import {
  countOpenBatches,
  type DueWakeUps,
  dueBatches,
  dueBillRuns,
  dueJobs,
  stillQueued,
  TROUBLE_FACTOR,
} from '../ledger/requests/due-wake-ups.ts'
import type { Backend } from '../queue/backend.ts'
import type { JobContract } from '../queue/job-contract.ts'
import { type Queues, wake } from '../queue/queues.ts'
import { TOO_LONG, UNREADABLE } from '../queue/start-worker.ts'
import { creditJob } from '../requests/credit-request.ts'
import { reversalJob } from '../requests/reversal-request.ts'
import { AcceptedJobs, MAX_AT_ONCE } from './accepted-jobs.ts'
import { billBatchJob } from './bill-batch.ts'
import { billRunJob } from './bill-run.ts'
import { makeRoom } from './make-room.ts'

const PAGE = MAX_AT_ONCE
/** Wake-ups of each kind after the queue was full: to fill it at once again would be no progress. */
const FEW = 100
/** Wake-ups looked at to learn how far the queue has come: one alone may be of what is carried out already. */
const NEXT = 3

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
    await takeUpGivenUp(db, queues, contract, afterMs, log)
    if (contract.name === billBatchJob.name && (await everyBatchIsLive(db, queues))) return
    const inLine = await nextInLine(backend, queues, contract)
    for (;;) {
      const woken = await due(db, wasFull ? 0 : afterMs, page, inLine)
      const lost = woken.filter(({ inTrouble }) => !inTrouble).map(({ id }) => id)
      const troubled = woken.filter(({ inTrouble }) => inTrouble).map(({ id }) => id)
      await wake(queues, contract, payloads(lost))
      // It has had its many tries. From now on each of these rounds is one.
      await wake(queues, contract, payloads(troubled), { attempts: 1 })
      if (lost.length > 0) log.warn({ job: contract.name, woken: lost.length }, 'woke what had no live job')
      if (troubled.length > 0)
        log.warn({ job: contract.name, woken: troubled.length }, 'tries again what is in trouble')
      if (wasFull || woken.length < page) break
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
 * Takes up what the queue gave up, however often. A failed job's id blocks a new one, so it is removed; what it was to wake is due again by
 * itself, together with others. But what may be held up by one alone, or may have taken its worker down, is woken each by itself.
 */
async function takeUpGivenUp(
  db: Db,
  queues: Queues,
  contract: JobContract,
  afterMs: number,
  log: Logger,
): Promise<void> {
  for (const job of await queues.of(contract).getFailed(0, PAGE - 1)) {
    const reason = job.failedReason ?? 'unknown'
    const { jobIds } = (job.data ?? {}) as { jobIds?: readonly string[] }
    if (jobIds !== undefined && !reason.startsWith(UNREADABLE)) {
      const open = await stillQueued(db, jobIds)
      // Kept for people to look at: what it was to do is done, or failed for good.
      if (open.length === 0) continue
      await job.remove()
      const each = open.map((id) => ({ v: 1, jobIds: [id] }))
      if (reason.includes('stalled')) await wake(queues, contract, each)
      if (reason.startsWith(TOO_LONG))
        await wake(queues, contract, each, { attempts: 1, withinMs: TROUBLE_FACTOR * afterMs })
    } else {
      await job.remove()
    }
    log.warn({ job: contract.name, jobId: job.id, reason }, 'took up what the queue had given up')
  }
}
