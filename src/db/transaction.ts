import { setTimeout as sleep } from 'node:timers/promises'
import type { Db, Tx } from './open.ts'
import { isPassing } from './passing-error.ts'

const MOST_TRIES = 5

/**
 * Runs a transaction script, again if it failed for a reason that passes, at most five times with jitter. A lost reply to
 * COMMIT counts as passing, so a script must find by key what it has done already: a repeat is an outcome, not an error.
 */
export async function inTransaction<T>(db: Db, script: (tx: Tx) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await db.transaction().execute(script)
    } catch (error) {
      if (tries >= MOST_TRIES || !isPassing(error)) throw error
      await sleep(Math.random() * 20 * 2 ** tries)
    }
  }
}
