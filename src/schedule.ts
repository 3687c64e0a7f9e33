import { CronExpressionParser } from 'cron-parser'

/** When scheduled runs are due: five-field cron in an IANA time zone. Pure: the clock is an argument. */
export type Cron = { readonly cron: string; readonly timezone: string }

/** Why a schedule is not valid, by the field that is wrong; undefined when it is. */
export function whyInvalid({
  cron,
  timezone,
}: Cron): { readonly field: 'cron' | 'timezone'; readonly message: string } | undefined {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone })
  } catch {
    return { field: 'timezone', message: `${timezone} is not an IANA time zone such as Europe/London` }
  }
  if (cron.trim().split(/\s+/).length !== 5) {
    return { field: 'cron', message: 'must have five fields: minute, hour, day of month, month, day of week' }
  }
  try {
    CronExpressionParser.parse(cron, { tz: timezone })
    return undefined
  } catch (error) {
    return { field: 'cron', message: error instanceof Error ? error.message : String(error) }
  }
}

/** The latest time at or before `now` when the schedule was due. */
export function lastDue({ cron, timezone }: Cron, now: Date): Date {
  // The parser looks for times strictly before the date it is given.
  return CronExpressionParser.parse(cron, { tz: timezone, currentDate: new Date(now.getTime() + 1) })
    .prev()
    .toDate()
}

/** The calendar date, `YYYY-MM-DD`, of a moment in a time zone: the business date of a run that is due then. */
export function dateIn(timezone: string, moment: Date): string {
  return new Intl.DateTimeFormat('en-CA', {
    timeZone: timezone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).format(moment)
}
