import { Type } from 'typebox'

export const Time = Type.String({ format: 'date-time', description: 'RFC 3339, UTC' })
export const TimeOrNull = Type.Union([Time, Type.Null()])
/** A time as it is shown, or null. */
export const timeOrNull = (time: Date | null) => time?.toISOString() ?? null
