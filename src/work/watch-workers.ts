import type { Worker } from 'bullmq'
import type { Logger } from 'pino'
import type { Db } from '../db/open.ts'
import { type Activity, addActivity } from '../ledger/activity/add-activity.ts'
import type { Backend } from '../queue/backend.ts'
import { repeatEvery } from './repeat-every.ts'

/** How often a process reports what its workers did, in ms. */
const REPORT_INTERVAL_MS = 5_000

type Seen = { taken: number; retries: number; takeovers: number; troubles: number; takenAt: number | undefined }
const NOTHING: Readonly<Seen> = { taken: 0, retries: 0, takeovers: 0, troubles: 0, takenAt: undefined }

/**
 * Wraps the backend so that the activity of every worker that it opens is counted for /metrics. Worker processes have no HTTP address, so
 * they write their counts to the database, in the background. The counts need not be exact: those of the last five seconds are lost when a
 * process is killed. While the database is away they are kept and reported later. `close` reports what is left.
 */
export function watchWorkers(
  backend: Backend,
  db: Db,
  log: Logger,
  reportIntervalMs = REPORT_INTERVAL_MS,
): { readonly backend: Backend; readonly close: () => Promise<void> } {
  const seen = new Map<string, Seen>()
  const report = async () => {
    const reported = [...seen]
    seen.clear()
    try {
      if (reported.length > 0) await addActivity(db, reported.map(asActivity))
    } catch (error) {
      for (const [kind, counts] of reported) add(seenOf(kind), counts)
      log.debug({ err: error }, 'could not report worker activity, will be tried again')
    }
  }
  const seenOf = (kind: string): Seen => {
    const known = seen.get(kind) ?? { ...NOTHING }
    seen.set(kind, known)
    return known
  }
  const stop = repeatEvery(reportIntervalMs, 'report worker activity', report, log)
  return {
    backend: {
      ...backend,
      openWorker: async (name, ...rest) => watch(await backend.openWorker(name, ...rest), () => seenOf(name)),
    },
    close: async () => {
      await stop()
      await report()
    },
  }
}

function watch(worker: Worker, seen: () => Seen): Worker {
  worker.on('active', ({ attemptsMade }) =>
    add(seen(), { ...NOTHING, taken: 1, retries: attemptsMade > 0 ? 1 : 0, takenAt: performance.now() }),
  )
  worker.on('stalled', () => add(seen(), { ...NOTHING, takeovers: 1 }))
  worker.on('failed', () => add(seen(), { ...NOTHING, troubles: 1 }))
  return worker
}

function add(to: Seen, { taken, retries, takeovers, troubles, takenAt }: Seen): void {
  to.taken += taken
  to.retries += retries
  to.takeovers += takeovers
  to.troubles += troubles
  to.takenAt = takenAt === undefined ? to.takenAt : Math.max(takenAt, to.takenAt ?? 0)
}

function asActivity([kind, { takenAt, ...counts }]: readonly [string, Seen]): Activity {
  return { kind, ...counts, takenAgoMs: takenAt === undefined ? null : performance.now() - takenAt }
}
