import { html, type SafeHtml } from '@remix-run/html-template'
import type { Visit } from '../visit.ts'
import { timeFormat } from './time-format.ts'

type Reader = Pick<Visit, 'now' | 'preferences'>

/** A moment (RFC 3339) in the reader's zone: `30 Nov 2026, 09:12`, or only the time if it is today. UTC stands in the title. */
export function moment(at: string, { now, preferences: { zone } }: Reader): SafeHtml {
  const time = new Date(at)
  const isToday = dayIn(zone, time) === dayIn(zone, now)
  const clock = timeFormat(zone, { hour: '2-digit', minute: '2-digit' }).format(time)
  const text = isToday ? clock : `${shortDay(dayIn(zone, time))}, ${clock}`
  return html`<time datetime="${at}" title="${at.replace('T', ' ').replace(/\.\d+/, '')}">${text}</time>`
}

/** A moment as it is written in a document: always with its date. */
export function dated(at: string, { preferences: { zone } }: Reader): SafeHtml {
  const time = new Date(at)
  const clock = timeFormat(zone, { hour: '2-digit', minute: '2-digit' }).format(time)
  return html`<time datetime="${at}" title="${at.replace('T', ' ').replace(/\.\d+/, '')}">${shortDay(dayIn(zone, time))}<span class="unprinted">, ${clock}</span></time>`
}

/** A business date `YYYY-MM-DD` in prose, `30 Nov 2026`. It is never converted to a zone. */
export const shortDay = (date: string): string => dayText(date, { day: 'numeric', month: 'short', year: 'numeric' })

/** A business date without its year when that is the reader's: `30 Nov`. */
export const dayThisYear = (date: string, { now, preferences: { zone } }: Reader): string =>
  date.slice(0, 4) === dayIn(zone, now).slice(0, 4) ? dayText(date, { day: 'numeric', month: 'short' }) : shortDay(date)

/** `30 November 2026`. */
export const longDay = (date: string): string => dayText(date, { day: 'numeric', month: 'long', year: 'numeric' })

const dayText = (date: string, parts: Intl.DateTimeFormatOptions) =>
  timeFormat('UTC', parts)
    .format(new Date(`${date}T00:00:00Z`))
    .replace('Sept', 'Sep')

/** The day `YYYY-MM-DD` in a zone. */
export const dayIn = (zone: string, at: Date): string =>
  timeFormat(zone, { year: 'numeric', month: '2-digit', day: '2-digit' }, 'en-CA').format(at)

/** Whole days from one business date to another; negative when the other is before. */
export const daysBetween = (from: string, to: string): number =>
  Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000)

/** A duration in ms, as a clock: `1:12`, `1:02:03`. */
export function durationText(ms: number): string {
  const seconds = Math.round(ms / 1_000)
  const two = (number: number) => String(number).padStart(2, '0')
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60]
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

/** An age in seconds, roughly: `3 s`, `14 min`, `2 h`, `3 days`. */
export function ageText(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`
  if (seconds < 129_600) return `${Math.round(seconds / 3_600)} h`
  return `${Math.round(seconds / 86_400)} days`
}

/** How many of a thing, with its plural: `1 credit`, `3 credits`. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${String(count).replace(/\B(?=(?:\d{3})+$)/g, ',')} ${count === 1 ? one : many}`

/** The time of day of a moment in a zone: `02:14`, or `02:14:31`. */
export const clockText = (at: Date, zone: string, withSeconds = false): string =>
  timeFormat(zone, { hour: '2-digit', minute: '2-digit', ...(withSeconds ? { second: '2-digit' } : {}) }).format(at)

/** A moment to the second, for what happens quickly: `02:13:02`, with its day if that is not today. UTC stands in the title. */
export function exactMoment(at: string, { now, preferences: { zone } }: Reader): SafeHtml {
  const time = new Date(at)
  const day = dayIn(zone, time)
  const clock = clockText(time, zone, true)
  return html`<time datetime="${at}" title="${at.replace('T', ' ')}">${day === dayIn(zone, now) ? clock : `${shortDay(day)}, ${clock}`}</time>`
}

/** The moment at which a day begins in a zone. A day that begins with a change of clocks begins at its first moment. */
export function startOfDay(zone: string, date: string): Date {
  const utc = Date.parse(`${date}T00:00:00Z`)
  const hour = 3_600_000
  // Zones are at most 14 hours off UTC, in quarters of an hour.
  for (let at = utc - 15 * hour; ; at += hour / 4) if (dayIn(zone, new Date(at)) >= date) return new Date(at)
}

/** How long something took, in ms: `under 1 s`, `8 s`, `1:12`. */
export const tookText = (ms: number): string =>
  ms < 1_000 ? 'under 1 s' : ms < 60_000 ? `${Math.round(ms / 1_000)} s` : durationText(ms)
