import type { Queue } from 'bullmq'
import type { Backend } from './backend.ts'
import { idOf, type JobContract, type WakeUp, wakeUpsFor } from './job-contract.ts'

/**
 * A failed job is kept that long for people to look at, in seconds, and so many of a kind; a finished one not at all: what it did stands
 * in Postgres.
 */
const FAILED_KEPT_S = 7 * 86_400
const FAILED_KEPT = 1_000

/** Eight tries over some two minutes. What is still undone then is woken again by the relay. */
const RETRY = { attempts: 8, backoffMs: 1_000 } as const

/** Adding in bulk has a cost of its own, on Postgres some 7 ms, that so few jobs do not repay. */
const MIN_BULK = 11

/** How a wake-up differs from the others of its kind. */
export type WakeOptions = {
  /** How often it is tried; eight times by default. */
  readonly attempts?: number
  /** Each comes at a moment of its own within this time, in ms; at once by default. */
  readonly withinMs?: number
}

export type Queues = {
  /** The names of all queues: a queue for each kind of work. */
  readonly names: readonly string[]
  readonly all: readonly Queue[]
  /** Throws for a name that is none. */
  readonly of: (name: string) => Queue
  /** Wakes workers for things to be done. A wake-up that is there already is left as it is. Throws when the queue cannot be reached. */
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
    wake: async (name, ids, options) => {
      const { contract, queue } = find(name)
      await enqueue(queue, wakeUpsFor(contract, ids), options)
    },
    close: async () => void (await Promise.all(opened.map(({ queue }) => queue.close()))),
  }
}

async function enqueue(
  queue: Queue,
  wakeUps: readonly WakeUp[],
  { attempts = RETRY.attempts, withinMs = 0 }: WakeOptions = {},
): Promise<void> {
  const jobs = wakeUps.map((data) => ({
    name: queue.name,
    data,
    opts: {
      jobId: idOf(data),
      attempts,
      delay: Math.round(Math.random() * withinMs),
      // Spread, so that what failed together, for one thing that all waited for, is not tried again together.
      backoff: { type: 'exponential', delay: RETRY.backoffMs, jitter: 0.5 },
      removeOnComplete: true,
      removeOnFail: { age: FAILED_KEPT_S, count: FAILED_KEPT },
    },
  }))
  if (jobs.length >= MIN_BULK) await queue.addBulk(jobs)
  else await Promise.all(jobs.map(({ name, data, opts }) => queue.add(name, data, opts)))
}
