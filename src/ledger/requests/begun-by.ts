import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { newId } from '../../db/new-id.ts'
import type { Db } from '../../db/open.ts'

/** What was begun by so many processes that are gone takes down whichever process carries it out. */
export const MAX_CRASHES = 3

/** What is marked with the process that began it. */
export type Begun = 'job' | 'bill_batch'

/** This process, among all that ever carry out work. */
const PROCESS_ID = newId()

/** How long whoever gave a try up waits for its mark to be taken back, in ms: until then nobody else is given the work. */
const WAIT_MS = 10_000
const LONGEST_PAUSE_MS = 5_000

/** The processes that began a row of work, with this one: the mark of a try. A process marks a row once, however often it tries. */
export const withOurMark = sql<string[]>`array_append(array_remove(begun_by, ${PROCESS_ID}::uuid), ${PROCESS_ID}::uuid)`
/** How many other processes began it and have not said how it ended. */
export const othersThatBegan = sql<number>`cardinality(array_remove(begun_by, ${PROCESS_ID}::uuid))`

const beingTakenBack = new Map<string, Promise<void>>()

/**
 * Takes this process's mark back after a try that ended with an error: the process lives, so the work has not taken it down. Tried until it
 * is written, for as long as the process lives, and waited for ten seconds at most. Whether the mark was written at all need not be known.
 */
export async function takeBackMark(db: Db, table: Begun, id: string): Promise<void> {
  const key = `${table} ${id}`
  const takingBack = beingTakenBack.get(key) ?? removeMark(db, table, id).finally(() => beingTakenBack.delete(key))
  beingTakenBack.set(key, takingBack)
  await Promise.race([takingBack, sleep(WAIT_MS, undefined, { ref: false })])
}

async function removeMark(db: Db, table: Begun, id: string): Promise<void> {
  for (let pauseMs = 50; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
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
