import type { Visit } from '../visit.ts'
import { dayIn, longDay } from './time.ts'
import { timeFormat } from './time-format.ts'

/** The ranges that have a name: rolling ones, so that none is empty on the first day of a year. In months; undefined is all. */
const NAMED = { month: 1, quarter: 3, year: 12, all: undefined } as const
export type RangeName = keyof typeof NAMED
export const RANGE_NAMES = Object.keys(NAMED) as readonly RangeName[]

/** A range of days in the reader's zone, as the address says it, and as moments for the API. */
export type DayRange = {
  /** Undefined when the days were given. */
  readonly name: RangeName | undefined
  /** The first and the last day, both included; undefined without an end. */
  readonly firstDay: string | undefined
  readonly lastDay: string | undefined
  readonly from: string | undefined
  readonly to: string | undefined
}

const DAY = /^(19|20|21)\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/
const dayOf = (text: string | null) => (text !== null && DAY.test(text) ? text : undefined)

/** The range that is asked for: by its days, by its name, or the last year. */
export function rangeOf({ query, now, preferences: { zone } }: Visit): DayRange {
  const days = { firstDay: dayOf(query.get('from')), lastDay: dayOf(query.get('to')) }
  if (days.firstDay !== undefined || days.lastDay !== undefined) return withMoments(undefined, days, zone)
  const name = RANGE_NAMES.find((one) => one === query.get('range')) ?? 'year'
  const months = NAMED[name]
  const firstDay = months === undefined ? undefined : monthsBefore(dayIn(zone, now), months)
  return withMoments(name, { firstDay, lastDay: undefined }, zone)
}

function withMoments(
  name: RangeName | undefined,
  { firstDay, lastDay }: Pick<DayRange, 'firstDay' | 'lastDay'>,
  zone: string,
): DayRange {
  return {
    name,
    firstDay,
    lastDay,
    from: firstDay === undefined ? undefined : startOfDay(firstDay, zone),
    to: lastDay === undefined ? undefined : startOfDay(dayAfter(lastDay), zone),
  }
}

/** The range in words: `from 1 November 2026 to 30 November 2026`. */
export function rangeText({ firstDay, lastDay }: DayRange): string {
  if (firstDay === undefined && lastDay === undefined) return 'from the beginning'
  if (lastDay === undefined) return `from ${longDay(firstDay as string)} on`
  return firstDay === undefined ? `up to ${longDay(lastDay)}` : `from ${longDay(firstDay)} to ${longDay(lastDay)}`
}

const dayAfter = (day: string) => new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10)

/** The same day some months before, or the last of that month where there is none. */
function monthsBefore(day: string, months: number): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  const last = new Date(Date.UTC(year, month - months, 0)).getUTCDate()
  return new Date(Date.UTC(year, month - 1 - months, Math.min(date, last))).toISOString().slice(0, 10)
}

/** The moment at which a day begins in a zone. Where the clocks skip midnight, the moment at which they do. */
export function startOfDay(day: string, zone: string): string {
  const utc = Date.parse(`${day}T00:00:00Z`)
  // The zone's offset at the guess may be that of before a change of the clocks: the second look is right.
  const first = utc - offsetAt(utc, zone)
  return new Date(utc - offsetAt(first, zone)).toISOString()
}

/** How far a zone's clock is ahead of UTC at a moment, in ms. */
function offsetAt(moment: number, zone: string): number {
  const parts = timeFormat(zone, {
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(new Date(moment))
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value)
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second')) - moment
}
