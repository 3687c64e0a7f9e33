import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { newId } from '../../db/new-id.ts'
import type { Db } from '../../db/open.ts'

/** After this many processes were lost with a job or a batch, it is not attempted again: it is taken to be what kills them. */
export const MAX_CRASHES = 3

/** The tables whose column `begun_by` holds attempt marks. */
export type MarkedTable = 'job' | 'bill_batch'

/** The mark of this process, different from that of every other process, past or future. */
const PROCESS_ID = newId()

/**
 * How long unmarkAttempt waits for its write, in ms. The caller still holds the queue's job meanwhile, so no other process gets the work
 * with our mark still on it.
 */
const MAX_WAIT_MS = 10_000
const MAX_PAUSE_MS = 5_000

/** The marks of a row, with this process's own added. A process has one mark on a row, however often it attempts it. */
export const addOurMark = sql<string[]>`array_append(array_remove(begun_by, ${PROCESS_ID}::uuid), ${PROCESS_ID}::uuid)`
/** How many other processes have a mark on the row: they started it and have not reported an end. */
export const otherMarks = sql<number>`cardinality(array_remove(begun_by, ${PROCESS_ID}::uuid))`

const removals = new Map<string, Promise<void>>()

/**
 * Removes this process's mark after an attempt that ended with an error: the process is alive, so the work did not kill it. Retries in the
 * background until the write succeeds, and waits for that at most ten seconds. Does no harm when there is no mark.
 */
export async function unmarkAttempt(db: Db, table: MarkedTable, id: string): Promise<void> {
  const key = `${table} ${id}`
  const removal = removals.get(key) ?? removeMark(db, table, id).finally(() => removals.delete(key))
  removals.set(key, removal)
  await Promise.race([removal, sleep(MAX_WAIT_MS, undefined, { ref: false })])
}

async function removeMark(db: Db, table: MarkedTable, id: string): Promise<void> {
  for (let pauseMs = 50; ; pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2)) {
    try {
      await sql`
        update ${sql.table(table)} set begun_by = array_remove(begun_by, ${PROCESS_ID}::uuid)
        where id = ${id}::uuid and ${PROCESS_ID}::uuid = any(begun_by)`.execute(db)
      return
    } catch {
      await sleep(pauseMs, undefined, { ref: false })
    }
  }
}
