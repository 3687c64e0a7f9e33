import { setTimeout as sleep } from 'node:timers/promises'
import { isTransient, OutcomeUnknown } from './classify-error.ts'
import { type CommitMarker, decideOutcome, writeMarker } from './commit-marker.ts'
import type { Db, Tx } from './open.ts'

const MAX_TRIES = 5
/**
 * How long the outcome of a COMMIT whose reply was lost is looked for, in ms: the database may be starting again, and it takes up to 15 s
 * to notice that nobody listens to a transaction that is open (idle_in_transaction_session_timeout).
 */
const LOOK_FOR_MS = 30_000

/**
 * Writes the transaction's marker now, rather than as its last statement: for a script whose last statement takes a lock that all others wait
 * for. To be called after the script has written something.
 */
export type Mark = () => Promise<void>

/**
 * Runs a transaction script, again if it failed for a reason that may be gone at once (isTransient), at most five times with jitter. When the reply to COMMIT
 * is lost, its outcome is decided by a marker that was written with it: what was committed is not done a second time, and what was not never
 * will be. Throws an OutcomeUnknown when that cannot be learned. A statement that took too long would take as long again: that
 * is thrown at once.
 */
export async function inTransaction<T>(db: Db, script: (tx: Tx, mark: Mark) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    let done: { readonly result: T; readonly marker: CommitMarker | undefined } | undefined
    try {
      return await db.transaction().execute(async (tx) => {
        let marker: CommitMarker | undefined
        const mark = async () => {
          marker = await writeMarker(tx)
        }
        const result = await script(tx, mark)
        done = { result, marker: marker ?? (await writeMarker(tx)) }
        return result
      })
    } catch (error) {
      // Whatever went wrong, COMMIT may have been carried out. Without a marker nothing was written, or COMMIT was not sent.
      if (done?.marker && (await wasCommitted(db, done.marker, error))) return done.result
      if (!isTransient(error) || tries >= MAX_TRIES) throw error
      await sleep(Math.random() * 20 * 2 ** tries)
    }
  }
}

async function wasCommitted(db: Db, marker: CommitMarker, lost: unknown): Promise<boolean> {
  const until = performance.now() + LOOK_FOR_MS
  for (let looks = 1; ; looks += 1) {
    try {
      const committed = await decideOutcome(db, marker)
      if (committed !== undefined) return committed
      break
    } catch {
      // The database is away, takes no writes, or is still at it. Whatever it is, it says nothing of the transaction.
    }
    if (performance.now() > until) break
    await sleep(Math.min(1_000, 20 * 2 ** looks))
  }
  throw new OutcomeUnknown(lost)
}
