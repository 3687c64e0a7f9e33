import type { Job, Processor, Queue, Worker, WorkerOptions } from 'bullmq'
import { openPostgresBackend } from './postgres.ts'
import { openRedisBackend, type Sentinels } from './redis.ts'

/** Where the queue is kept. */
export type Backend = {
  readonly kind: 'postgres' | 'redis'
  /** Resolves when the queue is ready to be used. */
  readonly openQueue: (name: string) => Promise<Queue>
  /** Resolves when the worker is ready; it takes jobs from then on. */
  readonly openWorker: (
    name: string,
    process: Processor,
    options: Omit<WorkerOptions, 'connection' | 'prefix' | 'autorun'>,
  ) => Promise<Worker>
  /** Resolves when the queue can be reached, throws otherwise. */
  readonly ping: () => Promise<void>
  /** Whether the queue has no room for another job. */
  readonly isFull: () => Promise<boolean>
  /** The waiting jobs that workers will take next, at most `max`. */
  readonly nextJobs: (queue: Queue, max: number) => Promise<readonly Job[]>
  readonly close: () => Promise<void>
}

export type BackendOptions = {
  readonly databaseUrl: string
  /** When given, the queue is on Redis. Otherwise it is in the database, in a schema of its own. */
  readonly redisUrl: string | undefined
  /** Whether `redisUrl` names a node of a Redis Cluster. */
  readonly redisCluster?: boolean
  /** Sentinels to ask for the master. `redisUrl` then has the master's name in place of a host. */
  readonly redisSentinels?: Sentinels | undefined
  /** Keeps this installation's queues apart from others on the same Redis. */
  readonly prefix: string
  /** How long an answer may take, in ms. Without a limit, a dead connection would block its caller for ever. */
  readonly answerTimeoutMs?: number
  readonly onError: (error: Error) => void
}

/** Opens the queue's backend. Throws when a Redis is set to evict keys. */
export async function openBackend(options: BackendOptions): Promise<Backend> {
  return options.redisUrl === undefined
    ? openPostgresBackend(options)
    : await openRedisBackend(options, options.redisUrl)
}
