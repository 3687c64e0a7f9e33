import { setTimeout as sleep } from 'node:timers/promises'
import { isTransient, OutcomeUnknown } from './classify-error.ts'
import { type CommitMarker, decideOutcome, writeMarker } from './commit-marker.ts'
import type { Db, Tx } from './open.ts'

const MAX_TRIES = 5
/**
 * How long wasCommitted tries to learn the outcome of a COMMIT whose reply was lost, in ms. The database may be starting again, and it
 * takes up to 15 s to end an open transaction of a lost client (idle_in_transaction_session_timeout).
 */
const OUTCOME_TIMEOUT_MS = 30_000

/**
 * Writes the transaction's commit marker now, instead of after the script. For a script whose last statement takes a lock that all other
 * transactions wait for. The script must have written something before.
 */
export type Mark = () => Promise<void>

/**
 * Runs a transaction script. Runs it again after a transient error (isTransient), at most five times in all, with jitter.
 *
 * When the reply to COMMIT is lost, a marker row that was written with the transaction decides the outcome. A committed transaction is not
 * run a second time, and an uncommitted one can never commit later. Throws OutcomeUnknown when the outcome cannot be learned. A statement
 * time-out is thrown at once, because the statement would take as long again.
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
      // With a marker, COMMIT may have succeeded, whatever the error. Without one, nothing was written or COMMIT was not sent.
      if (done?.marker && (await wasCommitted(db, done.marker, error))) return done.result
      if (!isTransient(error) || tries >= MAX_TRIES) throw error
      await sleep(Math.random() * 20 * 2 ** tries)
    }
  }
}

async function wasCommitted(db: Db, marker: CommitMarker, lost: unknown): Promise<boolean> {
  const until = performance.now() + OUTCOME_TIMEOUT_MS
  for (let tries = 1; ; tries += 1) {
    try {
      const committed = await decideOutcome(db, marker)
      if (committed !== undefined) return committed
      break
    } catch {
      // The database is away, accepts no writes, or is still busy with the transaction. None of this tells its outcome.
    }
    if (performance.now() > until) break
    await sleep(Math.min(1_000, 20 * 2 ** tries))
  }
  throw new OutcomeUnknown(lost)
}
