import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/open.ts'

/** What is in trouble is woken so many times as seldom as what lost its wake-up: within a minute, by default. */
export const TROUBLE_FACTOR = 2

export type Due = { readonly id: string; readonly inTrouble: boolean }

/**
 * Finds what is not done and was last woken longer ago than `afterMs`, or TROUBLE_FACTOR times that when it is in trouble, and marks it as
 * woken now; `limit` at most. `inLine` is whose wake-ups come next in the queue: what was woken after these stands in line behind them.
 */
export type FindDue = (db: Db, afterMs: number, limit: number, inLine: readonly string[]) => Promise<readonly Due[]>

/** `skip locked`: what another relay is waking, or a worker is settling, needs no wake-up from here. */
async function markDue(
  db: Db,
  table: 'job' | 'bill_batch' | 'bill_run',
  open: RawBuilder<unknown>,
  afterMs: number,
  limit: number,
): Promise<readonly Due[]> {
  const { rows } = await sql<{ id: string; in_trouble: boolean }>`
    update ${sql.table(table)} set woken_at = now() where id in (
      select id from ${sql.table(table)} where ${open}
        and woken_at < now() - ${afterMs}::integer * interval '1 ms'
        and (trouble is null or woken_at < now() - ${afterMs * TROUBLE_FACTOR}::integer * interval '1 ms')
      order by woken_at limit ${limit} for update skip locked)
    returning id, trouble is not null as in_trouble`.execute(db)
  return rows.map(({ id, in_trouble }) => ({ id, inTrouble: in_trouble }))
}

/** Finds accepted requests of a type that are due. */
export const findDueRequests =
  (type: string): FindDue =>
  (db, afterMs, limit, inLine) =>
    markDue(
      db,
      'job',
      sql`status = 'queued' and type = ${type} and woken_at < coalesce(
        (select min(woken_at) from job where id = any(${inLine}::uuid[]) and status = 'queued'), 'infinity')`,
      afterMs,
      limit,
    )

export const findDueBatches: FindDue = (db, afterMs, limit) =>
  markDue(db, 'bill_batch', sql`status = 'open'`, afterMs, limit)

/** A run is woken also when its batches are done: whoever was to end it may have died just then. */
export const findDueBillRuns: FindDue = (db, afterMs, limit) =>
  markDue(
    db,
    'bill_run',
    sql`finished_at is null and not (selected_all and exists (
      select from bill_batch where bill_run_id = bill_run.id and status = 'open' and woken_at > '-infinity'))`,
    afterMs,
    limit,
  )

/** Those of the requests that are still to be processed. */
export async function stillQueued(db: Db, jobIds: readonly string[]): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from job where id = any(${jobIds}::uuid[]) and status = 'queued'`.execute(db)
  return rows.map(({ id }) => id)
}
