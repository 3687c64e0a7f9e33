import { sql } from 'kysely'
import type { Db } from '../../db/open.ts'
import type { JobType } from '../../db/schema.ts'

/** What is in trouble, and is tried again as long as that lasts, is woken so many times as seldom as what lost its wake-up: within a minute, by default. */
export const TROUBLE_FACTOR = 2

export type DueWakeUp = { readonly id: string; readonly inTrouble: boolean }

/**
 * What is durable, not carried out, and was last woken longer ago than `afterMs`, or TROUBLE_FACTOR times that when it is in trouble: marked as woken now,
 * `limit` at most. `inLine` is whose wake-ups come next in the queue: what was woken after these stands in line behind them.
 */
export type DueWakeUps = (
  db: Db,
  afterMs: number,
  limit: number,
  inLine: readonly string[],
) => Promise<readonly DueWakeUp[]>

type DueRow = { id: string; in_trouble: boolean }
const found = ({ rows }: { rows: readonly DueRow[] }) =>
  rows.map(({ id, in_trouble }) => ({ id, inTrouble: in_trouble }))

const longAgo = (afterMs: number) => sql`woken_at < now() - ${afterMs}::integer * interval '1 ms'
  and (trouble is null or woken_at < now() - ${afterMs * TROUBLE_FACTOR}::integer * interval '1 ms')`

/** `skip locked`: what another relay is waking, or a worker is settling, needs no wake-up from here. */
export const dueJobs =
  (type: JobType): DueWakeUps =>
  async (db, afterMs, limit, inLine) =>
    found(
      await sql<DueRow>`
        update job set woken_at = now() where id in (
          select id from job where status = 'queued' and type = ${type}::job_type
            and ${longAgo(afterMs)}
            and woken_at < coalesce((select min(woken_at) from job where id = any(${inLine}::uuid[]) and status = 'queued'), 'infinity')
          order by woken_at limit ${limit} for update skip locked)
        returning id, trouble is not null as in_trouble`.execute(db),
    )

export const dueBatches: DueWakeUps = async (db, afterMs, limit) =>
  found(
    await sql<DueRow>`
      update bill_batch set woken_at = now() where id in (
        select id from bill_batch where status = 'open' and ${longAgo(afterMs)}
        order by woken_at limit ${limit} for update skip locked)
      returning id, trouble is not null as in_trouble`.execute(db),
  )

/** A run is woken also when its batches are done: whoever was to end it may have died just then. */
export const dueBillRuns: DueWakeUps = async (db, afterMs, limit) =>
  found(
    await sql<DueRow>`
      update bill_run set woken_at = now() where id in (
        select id from bill_run where finished_at is null and ${longAgo(afterMs)}
          and not (selected_all and exists (select from bill_batch where bill_run_id = bill_run.id and status = 'open' and woken_at > '-infinity'))
        order by woken_at limit ${limit} for update skip locked)
      returning id, trouble is not null as in_trouble`.execute(db),
  )

export async function countOpenBatches(db: Db): Promise<number> {
  const { rows } = await sql<{ open: number }>`select count(*) as open from bill_batch where status = 'open'`.execute(
    db,
  )
  return rows[0]?.open ?? 0
}

/** Those of the jobs that are still to be carried out. */
export async function stillQueued(db: Db, jobIds: readonly string[]): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from job where id = any(${jobIds}::uuid[]) and status = 'queued'`.execute(db)
  return rows.map(({ id }) => id)
}
