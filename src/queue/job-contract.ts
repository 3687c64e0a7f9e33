import { createHash } from 'node:crypto'
import { type Static, Type } from 'typebox'

/** How many ids one job names at most: as many as one request of the API may bring. */
export const MAX_IDS = 1_000

/**
 * The payload of a job: the ids of the rows to process. Everything else is in Postgres, so a lost, repeated or reordered job does no harm.
 * `v` is the version of this shape; a worker sets aside a version that it does not know.
 */
export const WakeUp = Type.Object(
  {
    v: Type.Literal(2),
    ids: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { minItems: 1, maxItems: MAX_IDS }),
  },
  { additionalProperties: false },
)
export type WakeUp = Static<typeof WakeUp>

/** The contract between the code that enqueues a job and the worker that processes it. */
export type JobContract = {
  /** The name of the job and of its queue. */
  readonly name: string
  /** Whether one job names many ids, because the queue would cost more than the work. Otherwise each id has a job of its own. */
  readonly gathers: boolean
}

/** The payload of a job for these ids. */
export const wakeUp = (ids: readonly string[]): WakeUp => ({ v: 2, ids: [...ids] })

/** The payloads for these ids, each with as many as a job of this kind may name. */
export function wakeUpsFor({ gathers }: JobContract, ids: readonly string[]): readonly WakeUp[] {
  const size = gathers ? MAX_IDS : 1
  return Array.from({ length: Math.ceil(ids.length / size) }, (_, index) =>
    wakeUp(ids.slice(index * size, (index + 1) * size)),
  )
}

/** The id of a job. The queue ignores a job whose id it has already, so the same ids of rows always give the same job id. */
export const idOf = ({ ids }: WakeUp): string =>
  ids.length === 1 ? (ids[0] as string) : createHash('sha256').update(ids.join()).digest('hex')
