import { sql } from 'kysely'
import type { Db } from '../db/open.ts'
import type { JobType } from '../db/schema.ts'

/** What is durable, not carried out, and was last woken longer ago than `afterMs`: marked as woken now, `limit` at most. */
export type DueWakeUps = (db: Db, afterMs: number, limit: number) => Promise<readonly string[]>

type IdRow = { id: string }
const ids = ({ rows }: { rows: readonly IdRow[] }) => rows.map(({ id }) => id)

/** `skip locked`: what another relay is waking, or a worker is settling, needs no wake-up from here. */
export const dueJobs =
  (type: JobType): DueWakeUps =>
  async (db, afterMs, limit) =>
    ids(
      await sql<IdRow>`
        update job set woken_at = now() where id in (
          select id from job where status = 'queued' and type = ${type}::job_type
            and woken_at < now() - ${afterMs}::integer * interval '1 ms'
          order by woken_at limit ${limit} for update skip locked)
        returning id`.execute(db),
    )

export const dueBatches: DueWakeUps = async (db, afterMs, limit) =>
  ids(
    await sql<IdRow>`
      update bill_batch set woken_at = now() where id in (
        select id from bill_batch where status = 'open' and woken_at < now() - ${afterMs}::integer * interval '1 ms'
        order by woken_at limit ${limit} for update skip locked)
      returning id`.execute(db),
  )

/** A run is woken also when its batches are done: whoever was to end it may have died just then. */
export const dueBillRuns: DueWakeUps = async (db, afterMs, limit) =>
  ids(
    await sql<IdRow>`
      update bill_run set woken_at = now() where id in (
        select id from bill_run where finished_at is null and woken_at < now() - ${afterMs}::integer * interval '1 ms'
          and not (selected_all and exists (select from bill_batch where bill_run_id = bill_run.id and status = 'open' and woken_at > '-infinity'))
        order by woken_at limit ${limit} for update skip locked)
      returning id`.execute(db),
  )

/** How much of a kind is to be carried out. */
export async function openCounts(
  db: Db,
): Promise<{ readonly credit: number; readonly reversal: number; readonly 'bill-batch': number }> {
  const { rows } = await sql<{ credit: number; reversal: number; batch: number }>`
    select (select count(*) from job where status = 'queued' and type = 'credit') as credit,
      (select count(*) from job where status = 'queued' and type = 'reversal') as reversal,
      (select count(*) from bill_batch where status = 'open') as batch`.execute(db)
  const { credit = 0, reversal = 0, batch = 0 } = rows[0] ?? {}
  return { credit, reversal, 'bill-batch': batch }
}

/** Counts a job that the queue gave up, and returns how often that has happened. Undefined when it is settled. */
export async function countGivenUp(db: Db, jobId: string): Promise<number | undefined> {
  const row = await db
    .updateTable('job')
    .set((eb) => ({ attempts: eb('attempts', '+', 1) }))
    .where('id', '=', jobId)
    .where('status', '=', 'queued')
    .returning('attempts')
    .executeTakeFirst()
  return row?.attempts
}
