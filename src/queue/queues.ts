import type { Queue } from 'bullmq'
import type { Backend } from './backend.ts'
import { idOf, type JobContract, type WakeUp, wakeUpsFor } from './job-contract.ts'

/**
 * How long failed jobs are kept for people to look at, in seconds, and how many of each kind. Finished jobs are not kept: their results are
 * in Postgres.
 */
const MAX_FAILED_AGE_S = 7 * 86_400
const MAX_FAILED = 1_000

/** Eight attempts over some two minutes. The relay enqueues again what is not done by then. */
const RETRY = { attempts: 8, backoffMs: 1_000 } as const

/** From this many jobs on, adding them in bulk is faster: it has a fixed cost, on Postgres some 7 ms. */
const MIN_BULK = 11

export type WakeOptions = {
  /** How often a job is attempted; eight times by default. */
  readonly attempts?: number
  /** Each job gets a random delay up to this, in ms; none by default. */
  readonly withinMs?: number
  /** Whether each id gets a job of its own, also of a kind whose jobs name many. */
  readonly separately?: boolean
}

export type Queues = {
  /** The names of all queues: one for each kind of work. */
  readonly names: readonly string[]
  readonly all: readonly Queue[]
  /** The queue of this name. Throws when there is none. */
  readonly of: (name: string) => Queue
  /** Enqueues jobs that wake workers for these ids. A job that is there already stays as it is. Throws when the queue cannot be reached. */
  readonly wake: (name: string, ids: readonly string[], options?: WakeOptions) => Promise<void>
  readonly close: () => Promise<void>
}

/** Opens the queue of each kind of work. */
export async function openQueues(backend: Backend, contracts: readonly JobContract[]): Promise<Queues> {
  const opened = await Promise.all(
    contracts.map(async (contract) => ({ contract, queue: await backend.openQueue(contract.name) })),
  )
  const find = (name: string) => {
    const found = opened.find(({ contract }) => contract.name === name)
    if (!found) throw new Error(`there is no queue ${name}`)
    return found
  }
  return {
    names: contracts.map(({ name }) => name),
    all: opened.map(({ queue }) => queue),
    of: (name) => find(name).queue,
    wake: async (name, ids, options = {}) => {
      const { contract, queue } = find(name)
      const wakeUps = wakeUpsFor(options.separately ? { ...contract, gathers: false } : contract, ids)
      await enqueue(queue, wakeUps, options)
    },
    close: async () => void (await Promise.all(opened.map(({ queue }) => queue.close()))),
  }
}

async function enqueue(
  queue: Queue,
  wakeUps: readonly WakeUp[],
  { attempts = RETRY.attempts, withinMs = 0 }: WakeOptions,
): Promise<void> {
  const jobs = wakeUps.map((data) => ({
    name: queue.name,
    data,
    opts: {
      jobId: idOf(data),
      attempts,
      delay: Math.round(Math.random() * withinMs),
      // Jitter, because jobs that waited for the same thing fail at the same time, and should not all be tried again at the same time.
      backoff: { type: 'exponential', delay: RETRY.backoffMs, jitter: 0.5 },
      removeOnComplete: true,
      removeOnFail: { age: MAX_FAILED_AGE_S, count: MAX_FAILED },
    },
  }))
  if (jobs.length >= MIN_BULK) await queue.addBulk(jobs)
  else await Promise.all(jobs.map(({ name, data, opts }) => queue.add(name, data, opts)))
}
