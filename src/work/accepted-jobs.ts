import { createHash } from 'node:crypto'
import { type Static, Type } from 'typebox'
import { Uuid } from '../requests/formats.ts'

/** As many as a request may bring. */
export const MAX_AT_ONCE = 1_000

/** Names accepted jobs, whose rows hold the rest. One wake-up for all that arrived together: the queue costs more than the work. */
export const AcceptedJobs = Type.Object(
  { v: Type.Literal(1), jobIds: Type.Array(Uuid, { minItems: 1, maxItems: MAX_AT_ONCE }) },
  { additionalProperties: false },
)
export type AcceptedJobs = Static<typeof AcceptedJobs>

/** Wake-ups that differ in what they name must differ in their id, or the queue would ignore the second. */
export const idOfAccepted = ({ jobIds }: AcceptedJobs) => createHash('sha256').update(jobIds.join()).digest('hex')
