import { sql } from 'kysely'
import type { Logger } from 'pino'
import Value from 'typebox/value'
import type { Db } from '../db/open.ts'
import { stillQueued, TROUBLE_FACTOR } from '../ledger/requests/find-due.ts'
import type { Backend } from '../queue/backend.ts'
import { MAX_IDS, WakeUp } from '../queue/job-contract.ts'
import type { Queues } from '../queue/queues.ts'
import { TOO_LONG, UNREADABLE } from '../queue/start-worker.ts'
import { drainIfFull } from './drain-if-full.ts'
import type { Durable, Kind } from './kind.ts'
import { KINDS } from './kinds.ts'

/** How many rows are found and enqueued at a time. */
const PAGE = MAX_IDS
/** The same after the queue was full, so that it does not fill up again at once. */
const PAGE_AFTER_FULL = 100
/** How many of the next jobs are read to learn how far the queue has come. One is not enough: its work may be done already. */
const NEXT_JOBS = 3

export type RelayContext = {
  readonly db: Db
  readonly backend: Backend
  readonly queues: Queues
  readonly log: Logger
  /** In ms. What was accepted or enqueued more recently than this is left alone. */
  readonly afterMs: number
}

/**
 * One round of the relay: enqueues all durable work that has no live job. The queue may have lost or given up its job, or the process that
 * should have enqueued it died.
 */
export async function relayOnce(context: RelayContext, kinds: readonly Kind[] = KINDS): Promise<void> {
  const { backend, queues, log } = context
  const wasFull = await drainIfFull(backend, queues, log)
  for (const kind of kinds) {
    // An error with one kind must not stop the others.
    await relayKind(context, kind, wasFull).catch((error: unknown) =>
      log.warn({ err: error, job: kind.name }, 'could not relay'),
    )
  }
}

async function relayKind(context: RelayContext, kind: Kind, wasFull: boolean): Promise<void> {
  const { db, backend, queues, log, afterMs } = context
  const { name, gathers, durable } = kind
  if (!durable) return
  await retryFailedJobs(context, kind)
  if (!gathers && (await allHaveLiveJobs(context, name, durable))) return
  const nextIds = await readNextIds(backend, queues, name)
  const page = wasFull ? PAGE_AFTER_FULL : PAGE
  for (;;) {
    const due = await durable.findDue(db, wasFull ? 0 : afterMs, page, nextIds)
    const lost = due.filter(({ inTrouble }) => !inTrouble).map(({ id }) => id)
    const troubled = due.filter(({ inTrouble }) => inTrouble).map(({ id }) => id)
    await queues.wake(name, lost)
    // It has used up its attempts. From now on it gets one attempt in each of these rounds.
    await queues.wake(name, troubled, { attempts: 1 })
    if (lost.length > 0) log.warn({ job: name, woken: lost.length }, 'enqueued work that had no live job')
    if (troubled.length > 0) log.warn({ job: name, woken: troubled.length }, 'enqueued work again that is in trouble')
    if (wasFull || due.length < page) break
  }
}

/**
 * The ids that the next jobs of a queue name. Jobs are taken in the order in which they were enqueued. So work that was enqueued before
 * these has lost its job, or is being processed; work that was enqueued after them is in a long queue and is left alone.
 */
async function readNextIds(backend: Backend, queues: Queues, name: string): Promise<readonly string[]> {
  const jobs = await backend.nextJobs(queues.of(name), NEXT_JOBS)
  return jobs.flatMap(({ data }) => (Value.Check(WakeUp, data) ? data.ids : []))
}

/** In a long run thousands of batches wait for their turn. To enqueue them again would rewrite their rows for nothing. */
async function allHaveLiveJobs({ db, queues }: RelayContext, name: string, { backlog }: Durable): Promise<boolean> {
  const { rows } = await sql<{ open: number }>`${backlog}`.execute(db)
  const counts = await queues.of(name).getJobCounts('waiting', 'active', 'delayed', 'prioritized')
  return Object.values(counts).reduce((sum, count) => sum + count, 0) >= (rows[0]?.open ?? 0)
}

/**
 * Removes the jobs that the queue has given up, since a failed job's id blocks a new job with the same id. Their work becomes due again
 * like any other. But when one request may have held up the others of its job, or killed the worker, each of them gets a job of its own.
 */
async function retryFailedJobs({ db, queues, log, afterMs }: RelayContext, { name, gathers }: Kind): Promise<void> {
  for (const job of await queues.of(name).getFailed(0, PAGE - 1)) {
    const reason = job.failedReason ?? 'unknown'
    if (gathers && Value.Check(WakeUp, job.data) && !reason.startsWith(UNREADABLE)) {
      const open = await stillQueued(db, job.data.ids)
      // All its requests are done or failed for good: the job is kept for people to look at.
      if (open.length === 0) continue
      await job.remove()
      if (reason.includes('stalled')) await queues.wake(name, open, { separately: true })
      if (reason.startsWith(TOO_LONG)) {
        await queues.wake(name, open, { separately: true, attempts: 1, withinMs: TROUBLE_FACTOR * afterMs })
      }
    } else {
      await job.remove()
    }
    log.warn({ job: name, jobId: job.id, reason }, 'removed a failed job, its work will be tried again')
  }
}
