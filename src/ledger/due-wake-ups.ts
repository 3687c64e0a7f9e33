import { sql } from 'kysely'
import type { Db } from '../db/open.ts'
import type { JobType } from '../db/schema.ts'

/**
 * What is durable, not carried out, and was last woken longer ago than `afterMs`: marked as woken now, `limit` at most. `inLine`
 * is whose wake-ups come next in the queue: what was woken after these stands in line behind them.
 */
export type DueWakeUps = (
  db: Db,
  afterMs: number,
  limit: number,
  inLine: readonly string[],
) => Promise<readonly string[]>

type IdRow = { id: string }
const ids = ({ rows }: { rows: readonly IdRow[] }) => rows.map(({ id }) => id)

/** `skip locked`: what another relay is waking, or a worker is settling, needs no wake-up from here. */
export const dueJobs =
  (type: JobType): DueWakeUps =>
  async (db, afterMs, limit, inLine) =>
    ids(
      await sql<IdRow>`
        update job set woken_at = now() where id in (
          select id from job where status = 'queued' and type = ${type}::job_type
            and woken_at < least(now() - ${afterMs}::integer * interval '1 ms',
              (select min(woken_at) from job where id = any(${inLine}::uuid[]) and status = 'queued'))
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

export async function countOpenBatches(db: Db): Promise<number> {
  const { rows } = await sql<{ open: number }>`select count(*) as open from bill_batch where status = 'open'`.execute(
    db,
  )
  return rows[0]?.open ?? 0
}

/** Those of the jobs that are still to be carried out. */
export async function stillQueued(db: Db, jobIds: readonly string[]): Promise<readonly string[]> {
  return ids(await sql<IdRow>`select id from job where id = any(${jobIds}::uuid[]) and status = 'queued'`.execute(db))
}

/** Counts a round of tries in which the queue gave jobs up, and returns how many rounds that makes at most. */
export async function countRound(db: Db, jobIds: readonly string[]): Promise<number> {
  const { rows } = await sql<{ attempts: number }>`
    update job set attempts = attempts + 1 where id = any(${jobIds}::uuid[]) and status = 'queued' returning attempts`.execute(
    db,
  )
  return Math.max(0, ...rows.map(({ attempts }) => attempts))
}
