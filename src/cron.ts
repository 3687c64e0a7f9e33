import { CronExpressionParser } from 'cron-parser'

/** When scheduled runs are due: five-field cron in an IANA time zone. Pure: the clock is an argument. */
export type Cron = { readonly cron: string; readonly timezone: string }

/** Why a schedule is not valid, by the field that is wrong; undefined when it is. */
export function whyInvalid({
  cron,
  timezone,
}: Cron): { readonly field: 'cron' | 'timezone'; readonly message: string } | undefined {
  if (!isTimeZone(timezone)) {
    return { field: 'timezone', message: `${timezone} is not an IANA time zone such as Europe/London` }
  }
  if (cron.trim().split(/\s+/).length !== 5) {
    return { field: 'cron', message: 'must have five fields: minute, hour, day of month, month, day of week' }
  }
  // The parser's own addition: a value drawn by chance, each time anew.
  if (/\bH\b/i.test(cron)) return { field: 'cron', message: 'H is not taken: name the time' }
  try {
    CronExpressionParser.parse(cron, { tz: timezone }).next()
    return undefined
  } catch (error) {
    return { field: 'cron', message: error instanceof Error ? error.message : String(error) }
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    // An offset such as +01:00 would be taken too, and knows no summer time.
    return /^[A-Za-z]/.test(name)
  } catch {
    return false
  }
}

const DAY_MS = 86_400_000
/** How far to look back, the nearest first: a schedule of 29 February is due every eight years at worst. */
const WINDOWS_MS = [DAY_MS / 24, DAY_MS, 32 * DAY_MS, 366 * DAY_MS, 9 * 366 * DAY_MS]

/** The latest time at or before `now` when the schedule was due, if it ever was. */
export function lastDue({ cron, timezone }: Cron, now: Date): Date | undefined {
  // The parser looks forward only well: looking back it leaves out a time that the clocks jumped over, or finds no end.
  for (const back of WINDOWS_MS) {
    const times = CronExpressionParser.parse(cron, { tz: timezone, currentDate: new Date(now.getTime() - back) })
    let due: Date | undefined
    for (let next = times.next().toDate(); next <= now; next = times.next().toDate()) due = next
    if (due) return due
  }
  return undefined
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
