import { type Static, Type } from 'typebox'
import { type Cron, type DueTime, nextTimes } from '../../cron.ts'
import type { ScheduleRow } from '../../reads/schedules.ts'
import { BillGroup, CalendarDate, Uuid } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'
import type { List } from '../paging.ts'
import { NAME_PLACE } from '../places.ts'
import { BillRunStatusName } from './bill-run-view.ts'
import { cronInWords } from './cron-in-words.ts'
import { Time, TimeOrNull, timeOrNull } from './time.ts'

const NEXT_TIMES = 5

export const ScheduleName = Type.String({
  pattern: '^[A-Za-z0-9_.-]{1,64}$',
  description: 'A name: 1 to 64 of A-Z a-z 0-9 . _ -',
})

export const ScheduleFields = {
  cron: Type.String({ maxLength: 100, description: 'Five fields: minute, hour, day of month, month, day of week' }),
  timezone: Type.String({ maxLength: 64, description: 'An IANA time zone such as Europe/London' }),
  billGroup: BillGroup,
}
export const TimesFields = {
  cronInWords: Type.Union([Type.String(), Type.Null()], {
    description: 'Null where the expression itself is clearer',
  }),
  nextTimes: Type.Array(
    Type.Object({
      at: Time,
      billDate: {
        ...CalendarDate,
        description:
          "The business date, in the schedule's time zone. Of several times on one date the first starts a run",
      },
      clockChange: Type.Union([Type.Enum(['forward', 'back']), Type.Null()], {
        description: "Which way the zone's clocks are changed on that date; null on all other dates",
      }),
    }),
    { description: `The next ${NEXT_TIMES} times` },
  ),
}

export const ScheduleView = Type.Object(
  {
    name: ScheduleName,
    ...ScheduleFields,
    enabled: Type.Boolean(),
    ...TimesFields,
    nextTimes: { ...TimesFields.nextTimes, description: `The next ${NEXT_TIMES} times; none while it is not enabled` },
    lastRun: Type.Union(
      [
        Type.Object({
          billRunId: Uuid,
          billDate: CalendarDate,
          status: BillRunStatusName,
          createdAt: Time,
          finishedAt: TimeOrNull,
        }),
        Type.Null(),
      ],
      { description: 'The run with the latest business date that it has proposed' },
    ),
  },
  { description: 'The schedule', examples: [ANSWERS.schedule] },
)
export type ScheduleView = Static<typeof ScheduleView>

export function presentSchedule({ now, ...row }: ScheduleRow): ScheduleView {
  const { name, cron, timezone, bill_group, enabled } = row
  const timing = { cron, timezone }
  const times = enabled ? nextTimes(timing, now, NEXT_TIMES) : []
  return {
    name,
    cron,
    timezone,
    billGroup: bill_group,
    enabled,
    cronInWords: cronInWords(cron),
    nextTimes: times.map(presentTime),
    lastRun: lastRunOf(row),
  }
}

/** When a valid timing is due next. */
export const presentTimes = (timing: Cron, now: Date) => ({
  cronInWords: cronInWords(timing.cron),
  nextTimes: nextTimes(timing, now, NEXT_TIMES).map(presentTime),
})

const presentTime = ({ at, ...time }: DueTime) => ({ at: at.toISOString(), ...time })

function lastRunOf(row: Omit<ScheduleRow, 'now'>): ScheduleView['lastRun'] {
  const { run_id, run_bill_date, run_status, run_created_at, run_finished_at } = row
  if (run_id === null || run_bill_date === null || run_status === null || run_created_at === null) return null
  return {
    billRunId: run_id,
    billDate: run_bill_date,
    status: run_status,
    createdAt: run_created_at.toISOString(),
    finishedAt: timeOrNull(run_finished_at),
  }
}

/** Schedules, as a list. */
export const SCHEDULES: List<ScheduleRow, string, ScheduleView> = {
  present: presentSchedule,
  format: NAME_PLACE,
  placeOf: ({ name }) => name,
}
