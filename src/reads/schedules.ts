import { type Selectable, sql } from 'kysely'
import type { Db } from '../db/open.ts'
import type { Schedule } from '../db/schema.ts'
import { keysetPage, type Page } from './keyset.ts'

export type ScheduleRow = Selectable<Schedule>

/** A page of the schedules, by name. */
export async function listSchedules(db: Db, page: Page<string>): Promise<readonly ScheduleRow[]> {
  const { rows } = await sql<ScheduleRow>`
    select * from schedule ${keysetPage({ order: { name: 'text' }, direction: 'asc', ...page })}`.execute(db)
  return rows
}
