import { Type } from 'typebox'
import { Refusal } from '../../problems.ts'

export const Time = Type.String({
  format: 'date-time',
  description: 'A time, RFC 3339 in UTC, such as 2026-11-30T02:00:00Z',
})
export const TimeOrNull = Type.Union([Time, Type.Null()])
/** Why something is not carried out yet, as it is shown. */
export const TroubleOrNull = Type.Union([
  Type.Object({ reason: Type.String(), since: Time }, { description: 'It is tried again for as long as this lasts' }),
  Type.Null(),
])
/** A trouble as it is shown, or null. */
export const troubleOrNull = (reason: string | null, since: Date | null) =>
  reason === null || since === null ? null : { reason, since: since.toISOString() }

/** A time as it is shown, or null. */
export const timeOrNull = (time: Date | null) => time?.toISOString() ?? null

/** The moment that is meant, if one is. Throws a Refusal `invalid_request`: a leap second has the right form and is none that can be kept. */
export function parseTime(text: string | undefined, pointer: string): Date | undefined {
  if (text === undefined) return undefined
  const time = new Date(text)
  if (!Number.isNaN(time.getTime())) return time
  const errors = [{ pointer, message: 'is none that can be kept' }]
  throw new Refusal('invalid_request', `the time ${text} cannot be kept`, errors)
}
