import { sql } from 'kysely'
import type { Db } from '../db/open.ts'

/** At most this many runs are shown on a time axis. */
const MAX_RUNS = 200

/** The database's time, by which everything is sampled. */
export async function readClock(db: Db): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select now() as now`.execute(db)
  return (rows[0] as { now: Date }).now
}

/** Steps of a time axis: the first, how long each is, how many there are. */
export type Steps = { readonly from: Date; readonly stepSeconds: number; readonly count: number }

export type HistoryRow = {
  readonly kind: string
  /** Which step, from 0. */
  readonly step: number
  /** The most that waited, and the age of the oldest, in any minute of the step. */
  readonly open: number
  readonly oldest_seconds: number
  /** Finished a minute, on average. */
  readonly done_per_minute: number
  /** The most failures within an hour, in any minute of the step. */
  readonly failed_per_hour: number
}

/** How the work went on, by its samples: a row for each kind and step in which it was sampled. */
export async function readHistory(db: Db, { from, stepSeconds, count }: Steps): Promise<readonly HistoryRow[]> {
  const { rows } = await sql<HistoryRow>`
    select kind, floor(extract(epoch from minute - ${from}::timestamptz) / ${stepSeconds}::integer)::integer as step, max(open) as open,
      max(oldest_seconds) as oldest_seconds, avg(done)::float8 as done_per_minute, max(failed_per_hour)::float8 as failed_per_hour
    from (
      select kind, minute, open, oldest_seconds, done,
        sum(failed) over (partition by kind order by minute range between interval '59 minutes' preceding and current row) as failed_per_hour
      from operations_sample
      where minute > ${from}::timestamptz - interval '1 hour' and minute < ${from}::timestamptz + ${stepSeconds * count}::integer * interval '1 s') sample
    where minute >= ${from}::timestamptz group by 1, 2 order by 1, 2`.execute(db)
  return rows
}

export type BegunRun = {
  readonly id: string
  readonly name: string | null
  readonly schedule_name: string | null
  readonly bill_group: string | null
  readonly started_at: Date
}

/** The bill runs that began since a moment, the last ones if there are many, in their order. */
export async function readBegunRuns(db: Db, since: Date): Promise<readonly BegunRun[]> {
  // Their ids are in the order in which they were made, and one that waits long to begin is made long before: a day is allowed for that.
  const { rows } = await sql<BegunRun>`
    select id, name, schedule_name, bill_group, started_at from (
      select * from bill_run where created_at > ${since}::timestamptz - interval '1 day' order by id desc limit ${sql.lit(MAX_RUNS)}) run
    where started_at >= ${since}::timestamptz order by started_at`.execute(db)
  return rows
}
