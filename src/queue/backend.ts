import {
  createPostgresBackend,
  DEFAULT_SCHEMA,
  type Job,
  type Processor,
  Queue,
  runMigrations,
  Worker,
  type WorkerOptions,
} from 'bullmq'
import { Cluster, Redis } from 'ioredis'
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
  /** Whether there is no room for one thing more. */
  readonly isFull: () => Promise<boolean>
  /** The jobs that are taken next, `most` at most. */
  readonly nextInLine: (queue: Queue, most: number) => Promise<readonly Job[]>
  readonly close: () => Promise<void>
}

export type BackendOptions = {
  readonly databaseUrl: string
  /** When given, the queue is on Redis; otherwise in the database, in a schema of its own. */
  readonly redisUrl: string | undefined
  /** Whether `redisUrl` names a node of a Redis Cluster. */
  readonly redisCluster?: boolean
  /** Sets this installation's queues apart from others on the same Redis. */
  readonly prefix: string
  readonly onError: (error: Error) => void
}

/** Connections that a queue's or a worker's own pool may hold, besides the one that listens. */
const POSTGRES_POOL = 4

/** How long a worker rests after a full Redis refused it the next job; BullMQ's own 15 s would outlast the remedy. */
const REST_WHEN_FULL_MS = 500

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

/**
 * Nobody listens to a client's 'error' events just after it has connected or while it is out of its pool: one that is terminated
 * at such a moment would end the process. Whoever uses it next learns of it by the statement that fails.
 */
class SteadyClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config)
    this.on('error', () => {})
  }
}

function openPostgresBackend({ databaseUrl, onError }: BackendOptions): Backend {
  const pools: pg.Pool[] = []
  const openPool = (max: number, options: pg.PoolConfig = {}) => {
    const pool = new pg.Pool({
      connectionString: databaseUrl,
      max,
      connectionTimeoutMillis: 5_000,
      Client: SteadyClient,
      ...options,
    })
    pools.push(pool.on('error', onError))
    return pool
  }
  // BullMQ would open a pool by itself, but listen on a client of its own that is not steady.
  const openQueuePool = () =>
    openPool(POSTGRES_POOL + 1, { keepAlive: true, options: `-c search_path=${DEFAULT_SCHEMA}` })
  const pingPool = openPool(1, { connectionTimeoutMillis: 2_000 })
  return {
    kind: 'postgres',
    openQueue: (name) =>
      listening(new Queue(name, { connection: openQueuePool() as never }, createPostgresBackend as never), onError),
    openWorker: (name, process, options) =>
      listening(
        new Worker(name, process, { ...options, connection: openQueuePool() as never }, createPostgresBackend as never),
        onError,
      ),
    ping: async () => void (await pingPool.query('select 1')),
    // A Postgres without room takes no credit or charge either: then there is nothing to be woken.
    isFull: async () => false,
    // This backend lists the newest first, whatever order is asked for.
    nextInLine: async (queue, most) => {
      const waiting = await queue.getWaitingCount()
      return waiting === 0 ? [] : await queue.getWaiting(Math.max(0, waiting - most), waiting - 1)
    },
    close: async () => void (await Promise.all(pools.map((pool) => pool.end()))),
  }
}

async function openRedisBackend({ prefix, onError, redisCluster }: BackendOptions, redisUrl: string): Promise<Backend> {
  const open = (patience: { enableOfflineQueue?: boolean; maxRetriesPerRequest: number | null }) => {
    const redis = redisCluster
      ? new Cluster([redisUrl], { lazyConnect: true, redisOptions: patience })
      : new Redis(redisUrl, { lazyConnect: true, ...patience })
    return redis.on('error', onError)
  }
  // A producer fails at once when Redis is away: what it wanted to enqueue is durable, and the relay enqueues it later.
  const producer = open({ enableOfflineQueue: false, maxRetriesPerRequest: 1 })
  const consumer = open({ maxRetriesPerRequest: null })
  try {
    await producer.connect()
  } catch (error) {
    producer.disconnect()
    const where = new URL(redisUrl).host
    throw new Error(`cannot reach the Redis of REDIS_URL at ${where}: check the address, and that it is running`, {
      cause: error,
    })
  }
  await refuseEviction(producer)
  // In braces, so that all keys of a queue fall into one slot of a Redis Cluster; each queue into one of its own.
  const slotOf = (name: string) => `{${prefix}:${name}}`
  return {
    kind: 'redis',
    openQueue: (name) => listening(new Queue(name, { connection: producer, prefix: slotOf(name) }), onError),
    openWorker: (name, process, options) =>
      listening(
        new Worker(name, process, {
          runRetryDelay: REST_WHEN_FULL_MS,
          ...options,
          connection: consumer,
          prefix: slotOf(name),
        }),
        onError,
      ),
    ping: async () => void (await producer.ping()),
    isFull: async () => (await Promise.all(nodesOf(producer).map(isFull))).includes(true),
    nextInLine: (queue, most) => queue.getWaiting(0, most - 1),
    close: async () => {
      producer.disconnect()
      consumer.disconnect()
    },
  }
}

const nodesOf = (redis: Redis | Cluster): readonly Redis[] =>
  redis instanceof Cluster ? redis.nodes('master') : [redis]

async function isFull(node: Redis): Promise<boolean> {
  const memory = await node.info('memory')
  const read = (name: string) => Number(memory.match(new RegExp(`^${name}:(\\d+)`, 'm'))?.[1] ?? 0)
  return read('maxmemory') > 0 && read('used_memory') >= read('maxmemory')
}

async function refuseEviction(redis: Redis | Cluster): Promise<void> {
  for (const node of nodesOf(redis)) {
    const [, policy] = (await node.config('GET', 'maxmemory-policy')) as [string, string]
    if (policy === undefined || policy === 'noeviction') continue
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
