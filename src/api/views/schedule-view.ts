import { type Static, Type } from 'typebox'
import type { ScheduleRow } from '../../reads/schedules.ts'
import { BillGroup } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'
import type { List } from '../paging.ts'
import { NAME_PLACE } from '../places.ts'

export const ScheduleName = Type.String({
  pattern: '^[A-Za-z0-9_.-]{1,64}$',
  description: 'A name: 1 to 64 of A-Z a-z 0-9 . _ -',
})

export const ScheduleFields = {
  cron: Type.String({ maxLength: 100, description: 'Five fields: minute, hour, day of month, month, day of week' }),
  timezone: Type.String({ maxLength: 64, description: 'An IANA time zone such as Europe/London' }),
  billGroup: BillGroup,
}
export const ScheduleView = Type.Object(
  { name: ScheduleName, ...ScheduleFields, enabled: Type.Boolean() },
  { description: 'The schedule', examples: [ANSWERS.schedule] },
)
export type ScheduleView = Static<typeof ScheduleView>

export function presentSchedule({ name, cron, timezone, bill_group, enabled }: ScheduleRow): ScheduleView {
  return { name, cron, timezone, billGroup: bill_group, enabled }
}

/** Schedules, as a list. */
export const SCHEDULES: List<ScheduleRow, string, ScheduleView> = {
  present: presentSchedule,
  format: NAME_PLACE,
  placeOf: ({ name }) => name,
}
