import { createHash } from 'node:crypto'
import { type Static, Type } from 'typebox'

/** Things that one job names at most: as many as one request may bring. */
export const MAX_IDS = 1_000

/**
 * What a job carries: the ids of what is to be done. The rest stands in Postgres, so that losing, repeating or reordering jobs does no
 * harm. `v` is the version of this shape; a worker sets aside what it does not know.
 */
export const WakeUp = Type.Object(
  {
    v: Type.Literal(2),
    ids: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { minItems: 1, maxItems: MAX_IDS }),
  },
  { additionalProperties: false },
)
export type WakeUp = Static<typeof WakeUp>

/** The contract between whoever enqueues a job and the worker that processes it. */
export type JobContract = {
  /** The name of the job and of its queue. */
  readonly name: string
  /** Whether one job names all that arrived together, because the queue costs more than the work; otherwise each thing has its own. */
  readonly gathers: boolean
}

/** A job for what has these ids. */
export const wakeUp = (ids: readonly string[]): WakeUp => ({ v: 2, ids: [...ids] })

/** The wake-ups for what has these ids, each of as many as a job of this kind names. */
export function wakeUpsFor({ gathers }: JobContract, ids: readonly string[]): readonly WakeUp[] {
  const size = gathers ? MAX_IDS : 1
  return Array.from({ length: Math.ceil(ids.length / size) }, (_, index) =>
    wakeUp(ids.slice(index * size, (index + 1) * size)),
  )
}

/** The queue ignores a job whose id it has. So the same things give the same id, and others another. */
export const idOf = ({ ids }: WakeUp): string =>
  ids.length === 1 ? (ids[0] as string) : createHash('sha256').update(ids.join()).digest('hex')
