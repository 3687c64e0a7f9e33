import type { Worker } from 'bullmq'
import type { Logger } from 'pino'
import type { Db } from '../db/open.ts'
import { type Activity, addActivity } from '../ledger/activity/add-activity.ts'
import type { Backend } from '../queue/backend.ts'
import { every } from './every.ts'

/** How often a process tells what its workers did, in ms. */
const TELL_EVERY_MS = 5_000

type Seen = { taken: number; retries: number; takeovers: number; troubles: number; takenAt: number | undefined }
const NOTHING: Readonly<Seen> = { taken: 0, retries: 0, takeovers: 0, troubles: 0, takenAt: undefined }

/**
 * The backend, with every worker that it opens counted for /metrics: workers are processes without an address of their own, so they tell
 * the database, in the background. Counts are of use, not of account: those of a process that is killed are lost, up to five seconds,
 * and while the database is away they wait. `close` tells what is left.
 */
export function watchWorkers(
  backend: Backend,
  db: Db,
  log: Logger,
  tellEveryMs = TELL_EVERY_MS,
): { readonly backend: Backend; readonly close: () => Promise<void> } {
  const seen = new Map<string, Seen>()
  const tell = async () => {
    const told = [...seen]
    seen.clear()
    try {
      if (told.length > 0) await addActivity(db, told.map(asActivity))
    } catch (error) {
      for (const [kind, counts] of told) add(seenOf(kind), counts)
      log.debug({ err: error }, 'could not tell what the workers did, to be told later')
    }
  }
  const seenOf = (kind: string): Seen => {
    const known = seen.get(kind) ?? { ...NOTHING }
    seen.set(kind, known)
    return known
  }
  const stop = every(tellEveryMs, 'tell what the workers did', tell, log)
  return {
    backend: {
      ...backend,
      openWorker: async (name, ...rest) => watch(await backend.openWorker(name, ...rest), () => seenOf(name)),
    },
    close: async () => {
      await stop()
      await tell()
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
