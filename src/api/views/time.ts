import { Type } from 'typebox'

export const Time = Type.String({
  format: 'date-time',
  description: 'A time, RFC 3339 in UTC, such as 2026-11-30T02:00:00Z',
})
export const TimeOrNull = Type.Union([Time, Type.Null()])
/** A time as it is shown, or null. */
export const timeOrNull = (time: Date | null) => time?.toISOString() ?? null
