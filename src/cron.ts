import { CronExpressionParser } from 'cron-parser'
import { LRUCache } from 'lru-cache'

/** The timing of a schedule: a cron expression with five fields, and an IANA time zone. */
export type Cron = { readonly cron: string; readonly timezone: string }

/** The wrong field of a schedule's timing, and why it is wrong; undefined when the timing is valid. */
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
  // The parser would replace H by a random value, another one each time.
  if (/\bH\b/i.test(cron)) return { field: 'cron', message: 'H is not supported: give the time' }
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
    // An offset such as +01:00 would be accepted too, but it has no summer time.
    return /^[A-Za-z]/.test(name)
  } catch {
    return false
  }
}

const DAY_MS = 86_400_000
/** How far to look back, in growing steps. A schedule of 29 February may be due only every eight years. */
const WINDOWS_MS = [DAY_MS / 24, DAY_MS, 32 * DAY_MS, 366 * DAY_MS, 9 * 366 * DAY_MS]

/** The latest time at or before `now` at which the schedule was due; undefined when there is none. */
export function lastDue({ cron, timezone }: Cron, now: Date): Date | undefined {
  // The parser is reliable only forwards. Backwards it misses times in the hour that the clocks skip, or never ends.
  for (const back of WINDOWS_MS) {
    const times = CronExpressionParser.parse(cron, { tz: timezone, currentDate: new Date(now.getTime() - back) })
    let due: Date | undefined
    for (let next = times.next().toDate(); next <= now; next = times.next().toDate()) due = next
    if (due) return due
  }
  return undefined
}

/** The first time after `now` at which the schedule is due. */
export function nextDue({ cron, timezone }: Cron, now: Date): Date {
  return CronExpressionParser.parse(cron, { tz: timezone, currentDate: now }).next().toDate()
}

/** A time at which a schedule is due. */
export type DueTime = {
  readonly at: Date
  /** The business date of the run that is proposed then, `YYYY-MM-DD`: the date in the schedule's time zone. */
  readonly billDate: string
  /** Which way the zone's clocks are changed on that date. The date has 23 or 25 hours, and a skipped time of day is moved. */
  readonly clockChange: 'forward' | 'back' | null
}

/**
 * The next times after `now` at which the schedule is due: as many as asked for, or as far as they can be computed. The parser gives up at a
 * change of clocks by half an hour (Australia/Lord_Howe), and the zone of an old schedule may be unknown by now.
 */
export function nextTimes({ cron, timezone }: Cron, now: Date, count: number): readonly DueTime[] {
  const found: DueTime[] = []
  try {
    const times = CronExpressionParser.parse(cron, { tz: timezone, currentDate: now })
    while (found.length < count) {
      const at = times.next().toDate()
      found.push({ at, billDate: dateIn(timezone, at), clockChange: clockChangeOn(timezone, at) })
    }
  } catch {
    // What is found so far is right.
  }
  return found
}

function clockChangeOn(timezone: string, moment: Date): DueTime['clockChange'] {
  const sinceMidnight = (moment.getTime() + offsetMs(timezone, moment)) % DAY_MS
  const midnight = moment.getTime() - sinceMidnight
  const change = offsetMs(timezone, new Date(midnight + DAY_MS)) - offsetMs(timezone, new Date(midnight))
  return change === 0 ? null : change > 0 ? 'forward' : 'back'
}

/** Formats that were made: each takes some 100 KB outside of what the garbage collector counts. */
const formats = new LRUCache<string, Intl.DateTimeFormat>({ max: 100 })

function formatIn(locale: 'en-US' | 'en-CA', timeZone: string, parts: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const name = `${locale} ${timeZone}`
  const known = formats.get(name)
  if (known) return known
  const format = new Intl.DateTimeFormat(locale, { timeZone, ...parts })
  formats.set(name, format)
  return format
}

/** How far a time zone is ahead of UTC at a moment, in whole seconds, as ms. */
function offsetMs(timezone: string, moment: Date): number {
  const format = formatIn('en-US', timezone, {
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const part = Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, Number(value)]))
  const { year = 0, month = 1, day, hour, minute, second } = part
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(moment.getTime() / 1_000) * 1_000
}

/** The calendar date, `YYYY-MM-DD`, of a moment in a time zone. */
export function dateIn(timezone: string, moment: Date): string {
  return formatIn('en-CA', timezone, {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).format(moment)
}
