import { setTimeout as sleep } from 'node:timers/promises'
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
import { SERVICE_ROLE } from '../db/open.ts'
import { underLockTimeout } from '../db/under-lock-timeout.ts'

/** Where the queue is kept. This file alone knows the difference. */
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
  /** How long an answer may take, in ms: a connection that swallows everything would hold its caller for ever. */
  readonly answerTimeoutMs?: number
  readonly onError: (error: Error) => void
}

/** Connections that a queue's or a worker's own pool may hold, besides the one that listens. */
const POSTGRES_POOL = 4

/** How long a worker rests after it could not get at the next job, in ms; BullMQ's own 15 s would outlast the remedy. */
const REST_MS = 500

const EVERY_WORKER = { autorun: false, runRetryDelay: REST_MS } as const

/**
 * A worker on Postgres looks by itself this often, in seconds. BullMQ relies on being called, for an hour when the connection on which
 * it listens was lost at the wrong moment.
 */
const LOOK_EVERY_S = 5

/** How often it is tried to open a queue or a worker, with a pause between, in ms: ten seconds, and then the process had better start afresh. */
const MOST_OPENINGS = 40
const REOPEN_MS = 250

/** How long the queue may be silent when an answer is due, in ms, unless `answerTimeoutMs` says otherwise. Longer than a worker on Redis waits for a job. */
const ANSWER_TIMEOUT_MS = 20_000

/** Opens the queue's backend. Throws when a Redis is set to evict keys: it would lose jobs when it is full. */
export async function openBackend(options: BackendOptions): Promise<Backend> {
  return options.redisUrl === undefined
    ? openPostgresBackend(options)
    : await openRedisBackend(options, options.redisUrl)
}

/** Brings the queue's own schema up to date, where it has one, and lets the service's role use it. */
export async function prepareBackend({
  databaseUrl,
  redisUrl,
}: Pick<BackendOptions, 'databaseUrl' | 'redisUrl'>): Promise<void> {
  if (redisUrl !== undefined) return
  await underLockTimeout(databaseUrl, async (pool) => {
    const client = await pool.connect()
    try {
      await runMigrations(client)
      await client.query(`
        grant usage, create on schema ${DEFAULT_SCHEMA} to ${SERVICE_ROLE};
        grant select, insert, update, delete on all tables in schema ${DEFAULT_SCHEMA} to ${SERVICE_ROLE};
        grant usage on all sequences in schema ${DEFAULT_SCHEMA} to ${SERVICE_ROLE}`)
    } finally {
      client.release()
    }
  })
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

/** BullMQ's, but for how long its workers rely on being called. */
const createBackend = (...[name, options, more]: Parameters<typeof createPostgresBackend>) =>
  Object.defineProperty(createPostgresBackend(name, options, more), 'maximumBlockTimeout', { value: LOOK_EVERY_S })

function openPostgresBackend({ databaseUrl, onError, answerTimeoutMs = ANSWER_TIMEOUT_MS }: BackendOptions): Backend {
  const pools: pg.Pool[] = []
  const openPool = (max: number, options: pg.PoolConfig = {}) => {
    const pool = new pg.Pool({
      connectionString: databaseUrl,
      max,
      connectionTimeoutMillis: 5_000,
      query_timeout: answerTimeoutMs,
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
    openQueue: async (name) => {
      const connection = openQueuePool() as never
      return await untilReady(() => new Queue(name, { connection }, createBackend as never), onError)
    },
    openWorker: async (name, process, options) => {
      const mine = { ...options, ...EVERY_WORKER, connection: openQueuePool() as never }
      return running(await untilReady(() => new Worker(name, process, mine, createBackend as never), onError))
    },
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

async function openRedisBackend(
  { prefix, onError, redisCluster, answerTimeoutMs = ANSWER_TIMEOUT_MS }: BackendOptions,
  redisUrl: string,
): Promise<Backend> {
  const open = (patience: { enableOfflineQueue?: boolean; maxRetriesPerRequest: number | null }) => {
    const redisOptions = { ...patience, socketTimeout: answerTimeoutMs }
    const redis = redisCluster
      ? new Cluster([redisUrl], { lazyConnect: true, redisOptions })
      : new Redis(redisUrl, { lazyConnect: true, ...redisOptions })
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
    openQueue: (name) => untilReady(() => new Queue(name, { connection: producer, prefix: slotOf(name) }), onError),
    openWorker: async (name, process, options) => {
      const mine = { ...options, ...EVERY_WORKER, connection: consumer, prefix: slotOf(name) }
      return running(await untilReady(() => new Worker(name, process, mine), onError))
    },
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

/**
 * Opens a queue or a worker and waits until it is ready. BullMQ remembers for ever that it was not ready when its connection was lost
 * at that moment, so then another is opened. Throws what the last of many tries met.
 */
async function untilReady<T extends Queue | Worker>(open: () => T, onError: (error: Error) => void): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    const opened = open()
    // An 'error' event that nobody listens to ends a Node process.
    ;(opened as Queue).on('error', onError)
    try {
      await opened.waitUntilReady()
      return opened
    } catch (error) {
      await opened.close()
      if (tries === MOST_OPENINGS) throw error
      onError(error as Error)
      await sleep(REOPEN_MS)
    }
  }
}

/** A worker that has ceased to work ends its process, so that it is started again. */
function running(worker: Worker): Worker {
  worker.run().catch((error) => {
    if (!worker.closing) throw error
  })
  return worker
}
