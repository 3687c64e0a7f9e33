import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/open.ts'

/** Work in trouble is enqueued again after this many times `afterMs`: by default within a minute. */
export const TROUBLE_FACTOR = 2

export type Due = { readonly id: string; readonly inTrouble: boolean }

/**
 * Finds at most `limit` rows that are not done and were last enqueued longer ago than `afterMs`, or TROUBLE_FACTOR times that when they are
 * in trouble. Marks them as enqueued now. `nextIds` are the rows whose jobs come next in the queue: rows that were enqueued after these
 * still have their jobs behind them, and are not due.
 */
export type FindDue = (db: Db, afterMs: number, limit: number, nextIds: readonly string[]) => Promise<readonly Due[]>

/** Skips locked rows: another relay is enqueuing them, or a worker is settling them. */
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
  (db, afterMs, limit, nextIds) =>
    markDue(
      db,
      'job',
      sql`status = 'queued' and type = ${type} and woken_at < coalesce(
        (select min(woken_at) from job where id = any(${nextIds}::uuid[]) and status = 'queued'), 'infinity')`,
      afterMs,
      limit,
    )

export const findDueBatches: FindDue = (db, afterMs, limit) =>
  markDue(db, 'bill_batch', sql`status = 'open'`, afterMs, limit)

/** A run is due also when all its batches are done: the worker that should have finished the run may have died just then. */
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
