import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Db, Tx } from './open.ts'
import { errorCode, isPassing, isTimeOut, OutcomeUnknown } from './passing-error.ts'

const MOST_TRIES = 5
const LOCK_TIME_OUT = '55P03'
/** Looks at the outcome of a COMMIT whose reply was lost, a second apart at most: the database may be starting again. */
const MOST_LOOKS = 15

/**
 * Runs a transaction script, again if it failed for a reason that passes, at most five times with jitter. When the reply to COMMIT
 * is lost, Postgres is asked what became of the transaction by its id: what was committed is not done a second time. Throws an OutcomeUnknown
 * when that cannot be learned. A statement that took too long would take as long again: that is thrown at once.
 */
export async function inTransaction<T>(db: Db, script: (tx: Tx) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    let done: { readonly result: T; readonly id: string | null } | undefined
    try {
      return await db.transaction().execute(async (tx) => {
        const result = await script(tx)
        done = { result, id: await idOf(tx) }
        return result
      })
    } catch (error) {
      if (!isPassing(error)) throw error
      // Without an id nothing was written, or COMMIT was not reached.
      if (done?.id && (await wasCommitted(db, done.id, error))) return done.result
      if (tries >= MOST_TRIES || (isTimeOut(error) && errorCode(error) !== LOCK_TIME_OUT)) throw error
      await sleep(Math.random() * 20 * 2 ** tries)
    }
  }
}

async function idOf(tx: Tx): Promise<string | null> {
  const { rows } = await sql<{ id: string | null }>`select pg_current_xact_id_if_assigned()::text as id`.execute(tx)
  return rows[0]?.id ?? null
}

/** What became of a transaction. */
async function wasCommitted(db: Db, id: string, lost: unknown): Promise<boolean> {
  for (let looks = 1; looks <= MOST_LOOKS; looks += 1) {
    try {
      const { rows } = await sql<{ status: string | null }>`select pg_xact_status(${id}::xid8) as status`.execute(db)
      // Its backend may still be at it, or may not have noticed yet that nobody listens.
      if (rows[0]?.status !== 'in progress') return rows[0]?.status === 'committed'
    } catch (error) {
      if (!isPassing(error)) throw error
    }
    await sleep(Math.min(1_000, 20 * 2 ** looks))
  }
  throw new OutcomeUnknown(lost)
}
