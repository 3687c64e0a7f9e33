import type { Queue } from 'bullmq'
import type { Static, TSchema } from 'typebox'
import { creditJob } from '../requests/credit-request.ts'
import { reversalJob } from '../requests/reversal-request.ts'
import { billBatchJob } from '../work/bill-batch.ts'
import { billRunJob } from '../work/bill-run.ts'
import { scheduleTickJob } from '../work/schedule-tick.ts'
import type { Backend } from './backend.ts'
import type { JobContract } from './job-contract.ts'

/** Every kind of job there is. */
export const JOBS = [creditJob, reversalJob, billRunJob, billBatchJob, scheduleTickJob] as const

/**
 * A failed job is kept that long for people to look at, in seconds, and so many of a kind; a finished one not at all: what it did stands
 * in Postgres.
 */
const FAILED_KEPT_S = 7 * 86_400
const FAILED_KEPT = 1_000

/** Adding in bulk has a cost of its own, on Postgres some 7 ms, that so few jobs do not repay. */
const FEW = 10

export type Queues = {
  readonly of: (contract: { readonly name: string }) => Queue
  readonly all: readonly Queue[]
  readonly close: () => Promise<void>
}

/** Opens the queue of every kind of job. */
export async function openQueues(backend: Backend): Promise<Queues> {
  const queues = new Map(
    await Promise.all(JOBS.map(async ({ name }) => [name, await backend.openQueue(name)] as const)),
  )
  const all = [...queues.values()]
  return {
    of: ({ name }) => {
      const queue = queues.get(name)
      if (!queue) throw new Error(`there is no queue ${name}`)
      return queue
    },
    all,
    close: async () => void (await Promise.all(all.map((queue) => queue.close()))),
  }
}

/** How a wake-up differs from the others of its kind. */
export type WakeOptions = {
  /** How often it is tried; as its contract says by default. */
  readonly attempts?: number
  /** Each comes at a moment of its own within this time, in ms; at once by default. */
  readonly withinMs?: number
}

/** Wakes workers for things to be done. A wake-up that is there already is left as it is. Throws when the queue cannot be reached. */
export async function wake<P extends TSchema>(
  queues: Queues,
  contract: JobContract<P>,
  payloads: readonly Static<P>[],
  { attempts = contract.retry.attempts, withinMs = 0 }: WakeOptions = {},
): Promise<void> {
  const jobs = payloads.map((data) => ({
    name: contract.name,
    data,
    opts: {
      jobId: contract.idOf(data),
      attempts,
      delay: Math.round(Math.random() * withinMs),
      // Spread, so that what failed together, for one thing that all waited for, is not tried again together.
      backoff: { type: 'exponential', delay: contract.retry.backoffMs, jitter: 0.5 },
      removeOnComplete: true,
      removeOnFail: { age: FAILED_KEPT_S, count: FAILED_KEPT },
    },
  }))
  const queue = queues.of(contract)
  if (jobs.length > FEW) await queue.addBulk(jobs)
  else await Promise.all(jobs.map(({ name, data, opts }) => queue.add(name, data, opts)))
}
