import { createPostgresBackend, type Processor, Queue, runMigrations, Worker, type WorkerOptions } from 'bullmq'
import { Redis } from 'ioredis'
import pg from 'pg'

/** Where the queue is kept. This file alone knows the difference. */
export type Backend = {
  readonly kind: 'postgres' | 'redis'
  readonly openQueue: (name: string) => Queue
  readonly openWorker: (
    name: string,
    process: Processor,
    options: Omit<WorkerOptions, 'connection' | 'prefix'>,
  ) => Worker
  /** Resolves when the queue can be reached, throws otherwise. */
  readonly ping: () => Promise<void>
  readonly close: () => Promise<void>
}

export type BackendOptions = {
  readonly databaseUrl: string
  /** When given, the queue is on Redis; otherwise in the database, in a schema of its own. */
  readonly redisUrl: string | undefined
  /** Sets this installation's queues apart from others on the same Redis. */
  readonly prefix: string
  readonly onError: (error: Error) => void
}

/** Connections that a queue's or a worker's own pool may hold, besides the one that listens. */
const POSTGRES_POOL = 4

/** Opens the queue's backend. Throws when a Redis is set to evict keys: it would lose jobs when it is full. */
export async function openBackend(options: BackendOptions): Promise<Backend> {
  return options.redisUrl === undefined
    ? openPostgresBackend(options)
    : await openRedisBackend(options, options.redisUrl)
}

/** Brings the queue's own schema up to date, where it has one. */
export async function prepareBackend({
  databaseUrl,
  redisUrl,
}: Pick<BackendOptions, 'databaseUrl' | 'redisUrl'>): Promise<void> {
  if (redisUrl !== undefined) return
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    await runMigrations(client)
  } finally {
    await client.end()
  }
}

function openPostgresBackend({ databaseUrl, onError }: BackendOptions): Backend {
  const connection = { connectionString: databaseUrl, max: POSTGRES_POOL, connectionTimeoutMillis: 5_000 }
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1, connectionTimeoutMillis: 2_000 })
  pool.on('error', onError)
  return {
    kind: 'postgres',
    openQueue: (name) =>
      listening(new Queue(name, { connection: connection as never }, createPostgresBackend as never), onError),
    openWorker: (name, process, options) =>
      listening(
        new Worker(name, process, { ...options, connection: connection as never }, createPostgresBackend as never),
        onError,
      ),
    ping: async () => void (await pool.query('select 1')),
    close: () => pool.end(),
  }
}

async function openRedisBackend({ prefix, onError }: BackendOptions, redisUrl: string): Promise<Backend> {
  // In braces, so that all keys of a queue fall into one slot of a Redis Cluster.
  const slot = `{${prefix}}`
  // A producer fails at once when Redis is away: what it wanted to enqueue is durable, and the relay enqueues it later.
  const producer = new Redis(redisUrl, { enableOfflineQueue: false, maxRetriesPerRequest: 1, lazyConnect: true })
  producer.on('error', onError)
  const consumer = new Redis(redisUrl, { maxRetriesPerRequest: null, lazyConnect: true })
  consumer.on('error', onError)
  await producer.connect()
  await refuseEviction(producer)
  return {
    kind: 'redis',
    openQueue: (name) => listening(new Queue(name, { connection: producer, prefix: slot }), onError),
    openWorker: (name, process, options) =>
      listening(new Worker(name, process, { ...options, connection: consumer, prefix: slot }), onError),
    ping: async () => void (await producer.ping()),
    close: async () => {
      producer.disconnect()
      consumer.disconnect()
    },
  }
}

async function refuseEviction(redis: Redis): Promise<void> {
  const [, policy] = (await redis.config('GET', 'maxmemory-policy')) as [string, string]
  if (policy !== undefined && policy !== 'noeviction') {
    redis.disconnect()
    throw new Error(
      `Redis would lose jobs when it is full: its maxmemory-policy is ${policy}. Set it to noeviction (CONFIG SET maxmemory-policy noeviction, and in its configuration file)`,
    )
  }
}

/** An 'error' event that nobody listens to ends a Node process. */
function listening<T extends Queue | Worker>(emitter: T, onError: (error: Error) => void): T {
  ;(emitter as Queue).on('error', onError)
  return emitter
}
