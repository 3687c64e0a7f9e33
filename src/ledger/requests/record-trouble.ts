import { type RawBuilder, sql } from 'kysely'
import { errorCode } from '../../db/classify-error.ts'
import type { Db } from '../../db/open.ts'

const MAX_REASON_LENGTH = 500

const OPEN = {
  job: sql`status = 'queued'`,
  bill_batch: sql`status = 'open'`,
  bill_run: sql`finished_at is null`,
} as const satisfies Record<string, RawBuilder<unknown>>

/**
 * Records why an attempt failed, for people to see. The work stays open and is tried again. Skips locked rows, and does nothing when the
 * write fails, as when the database itself is the trouble: then only the log says why.
 */
export async function recordTrouble(
  db: Db,
  table: keyof typeof OPEN,
  ids: readonly string[],
  error: unknown,
): Promise<void> {
  if (ids.length === 0) return
  const counted = table === 'job' ? sql`, attempts = attempts + 1` : sql``
  await sql`
    update ${sql.table(table)} set trouble = ${reasonOf(error)}, trouble_since = coalesce(trouble_since, now()) ${counted}
    where id in (select id from ${sql.table(table)} where id = any(${ids}::uuid[]) and ${OPEN[table]}
      order by id for no key update skip locked)`
    .execute(db)
    .catch(() => undefined)
}

/** Removes the recorded trouble of work that succeeded after all. */
export async function clearTrouble(db: Db, table: keyof typeof OPEN, id: string): Promise<void> {
  await sql`
    update ${sql.table(table)} set trouble = null, trouble_since = null
    where id = ${id}::uuid and trouble is not null`.execute(db)
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const code = errorCode(error)
  return `${message.slice(0, MAX_REASON_LENGTH)}${code === undefined ? '' : ` (${code})`}`
}
