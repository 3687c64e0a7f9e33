import { sql } from 'kysely'
import type { Logger } from 'pino'
import Value from 'typebox/value'
import type { Db } from '../db/open.ts'
import { stillQueued, TROUBLE_FACTOR } from '../ledger/requests/find-due.ts'
import type { Backend } from '../queue/backend.ts'
import { MAX_IDS, WakeUp } from '../queue/job-contract.ts'
import type { Queues } from '../queue/queues.ts'
import { TOO_LONG, UNREADABLE } from '../queue/start-worker.ts'
import type { Durable, Kind } from './kind.ts'
import { KINDS } from './kinds.ts'
import { makeRoom } from './make-room.ts'

/** Things that are woken at once. */
const PAGE = MAX_IDS
/** The same after the queue was full: to fill it at once again would be no progress. */
const PAGE_AFTER_FULL = 100
/** Wake-ups looked at to learn how far the queue has come: one alone may be of what is done already. */
const NEXT = 3

export type RelayContext = {
  readonly db: Db
  readonly backend: Backend
  readonly queues: Queues
  readonly log: Logger
  /** ms. Keeps the relay from what has only just been accepted or woken. */
  readonly afterMs: number
}

/**
 * One round of the relay: wakes whatever is durable but has no live job, whether the queue lost it, the process that should have
 * enqueued it died, or the queue gave it up.
 */
export async function relayOnce(context: RelayContext, kinds: readonly Kind[] = KINDS): Promise<void> {
  const { backend, queues, log } = context
  const wasFull = await makeRoom(backend, queues, log)
  for (const kind of kinds) {
    // What is wrong with one kind keeps no other from being woken.
    await relayKind(context, kind, wasFull).catch((error: unknown) =>
      log.warn({ err: error, job: kind.name }, 'could not relay'),
    )
  }
}

async function relayKind(context: RelayContext, kind: Kind, wasFull: boolean): Promise<void> {
  const { db, backend, queues, log, afterMs } = context
  const { name, gathers, durable } = kind
  if (!durable) return
  await takeUpGivenUp(context, kind)
  if (!gathers && (await allAreLive(context, name, durable))) return
  const inLine = await nextInLine(backend, queues, name)
  const page = wasFull ? PAGE_AFTER_FULL : PAGE
  for (;;) {
    const due = await durable.findDue(db, wasFull ? 0 : afterMs, page, inLine)
    const lost = due.filter(({ inTrouble }) => !inTrouble).map(({ id }) => id)
    const troubled = due.filter(({ inTrouble }) => inTrouble).map(({ id }) => id)
    await queues.wake(name, lost)
    // It has had its many tries. From now on each of these rounds is one.
    await queues.wake(name, troubled, { attempts: 1 })
    if (lost.length > 0) log.warn({ job: name, woken: lost.length }, 'woke what had no live job')
    if (troubled.length > 0) log.warn({ job: name, woken: troubled.length }, 'tries again what is in trouble')
    if (wasFull || due.length < page) break
  }
}

/**
 * What the next wake-ups are for. They are taken in the order in which they were given, so whatever was woken before these has lost its
 * own, or is being processed; a long backlog behind them is left alone.
 */
async function nextInLine(backend: Backend, queues: Queues, name: string): Promise<readonly string[]> {
  const wakeUps = await backend.nextInLine(queues.of(name), NEXT)
  return wakeUps.flatMap(({ data }) => (Value.Check(WakeUp, data) ? data.ids : []))
}

/** Thousands of batches wait their turn in a long run, and to wake them again would rewrite their rows for nothing. */
async function allAreLive({ db, queues }: RelayContext, name: string, { backlog }: Durable): Promise<boolean> {
  const { rows } = await sql<{ open: number }>`${backlog}`.execute(db)
  const counts = await queues.of(name).getJobCounts('waiting', 'active', 'delayed', 'prioritized')
  return Object.values(counts).reduce((sum, count) => sum + count, 0) >= (rows[0]?.open ?? 0)
}

/**
 * Takes up what the queue gave up, however often. A failed job's id blocks a new one, so it is removed; what it was to wake is due again by
 * itself, together with others. But what may be held up by one alone, or may have taken its worker down, is woken each by itself.
 */
async function takeUpGivenUp({ db, queues, log, afterMs }: RelayContext, { name, gathers }: Kind): Promise<void> {
  for (const job of await queues.of(name).getFailed(0, PAGE - 1)) {
    const reason = job.failedReason ?? 'unknown'
    if (gathers && Value.Check(WakeUp, job.data) && !reason.startsWith(UNREADABLE)) {
      const open = await stillQueued(db, job.data.ids)
      // Kept for people to look at: what it was to do is done, or failed for good.
      if (open.length === 0) continue
      await job.remove()
      const each = async (options?: Parameters<Queues['wake']>[2]) => {
        for (const id of open) await queues.wake(name, [id], options)
      }
      if (reason.includes('stalled')) await each()
      if (reason.startsWith(TOO_LONG)) await each({ attempts: 1, withinMs: TROUBLE_FACTOR * afterMs })
    } else {
      await job.remove()
    }
    log.warn({ job: name, jobId: job.id, reason }, 'took up what the queue had given up')
  }
}
