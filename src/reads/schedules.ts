import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Db, Tx } from '../db/open.ts'
import type { BillRunStatus, Schedule } from '../db/schema.ts'
import { Refusal } from '../problems.ts'
import { keysetPage, type Page } from './keyset.ts'

export type ScheduleRow = Selectable<Schedule> & {
  /** The database's time: schedules go by it. */
  readonly now: Date
  /** The run with the latest business date that the schedule has proposed; all columns are null without one. */
  readonly run_id: string | null
  readonly run_bill_date: string | null
  readonly run_status: BillRunStatus | null
  readonly run_created_at: Date | null
  readonly run_finished_at: Date | null
}

/** A page of the schedules, by name. */
export function listSchedules(db: Db, page: Page<string>): Promise<readonly ScheduleRow[]> {
  return selectSchedules(db, keysetPage({ order: { name: 'text' }, direction: 'asc', ...page }))
}

/** One schedule. Throws a Refusal `schedule_not_found`. */
export async function readSchedule(db: Db | Tx, name: string): Promise<ScheduleRow> {
  const [schedule] = await selectSchedules(db, sql`where name = ${name}`)
  if (!schedule) throw new Refusal('schedule_not_found', `there is no schedule ${name}`)
  return schedule
}

/**
 * Schedules, each with its last run. `which` is the SQL after `from`. The collation is that of the index of runs by schedule: names of
 * schedules have another, with which every run would be read.
 */
async function selectSchedules(db: Db | Tx, which: RawBuilder<unknown>): Promise<readonly ScheduleRow[]> {
  const { rows } = await sql<ScheduleRow>`
    select schedule.*, now() as now, run.* from schedule
    left join lateral (
      select id as run_id, bill_date as run_bill_date, status as run_status, created_at as run_created_at, finished_at as run_finished_at
      from bill_run where schedule_name = schedule.name collate "default" order by scheduled_for desc limit 1) run on true ${which}`.execute(
    db,
  )
  return rows
}
