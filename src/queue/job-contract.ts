import type { Static, TSchema } from 'typebox'

/**
 * The contract between whoever enqueues a job and the worker that carries it out. A payload carries ids alone: the rest stands in
 * Postgres, so that losing, repeating or reordering jobs does no harm. `v` is the payload's version; a worker sets aside what it does not know.
 */
export type JobContract<P extends TSchema = TSchema> = {
  /** The name of the job and of its queue. */
  readonly name: string
  readonly payload: P
  /** The queue ignores a job whose id it has: one wake-up at a time for each thing to be done. */
  readonly idOf: (payload: Static<P>) => string
  readonly retry: { readonly attempts: number; readonly backoffMs: number }
}

export function defineJob<P extends TSchema>(contract: JobContract<P>): JobContract<P> {
  return Object.freeze(contract)
}

/** Eight tries over some two minutes; what is still undone then is woken again by the relay. */
export const PATIENTLY = { attempts: 8, backoffMs: 1_000 } as const
