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
import pg from 'pg'
import { SERVICE_ROLE } from '../db/service-login.ts'
import { underLockTimeout } from '../db/under-lock-timeout.ts'
import { JOBS } from './queues.ts'
import { openRedisBackend, type Sentinels } from './redis.ts'
import { ANSWER_TIMEOUT_MS, EVERY_WORKER, running, untilReady } from './until-ready.ts'

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
  /** Sentinels to ask for the master, whose name `redisUrl` then has in place of a host. */
  readonly redisSentinels?: Sentinels | undefined
  /** Sets this installation's queues apart from others on the same Redis. */
  readonly prefix: string
  /** How long an answer may take, in ms: a connection that swallows everything would hold its caller for ever. */
  readonly answerTimeoutMs?: number
  readonly onError: (error: Error) => void
}

/** Connections that a queue's or a worker's own pool may hold, besides the one that listens. */
const POSTGRES_POOL = 4

/**
 * A worker on Postgres looks by itself this often, in seconds. BullMQ relies on being called, for an hour when the connection on which
 * it listens was lost at the wrong moment.
 */
const LOOK_EVERY_S = 5

/** Opens the queue's backend. Throws when a Redis is set to evict keys. */
export async function openBackend(options: BackendOptions): Promise<Backend> {
  return options.redisUrl === undefined
    ? openPostgresBackend(options)
    : await openRedisBackend(options, options.redisUrl)
}

/**
 * Brings the queue's own schema up to date, where it has one, as the owner of the database, and lets the service's role use it. BullMQ makes
 * a sequence for each queue when it is first used, for which the role has no right: those of `queues` are made here.
 */
export async function prepareBackend({
  ownerUrl,
  redisUrl,
  queues = JOBS.map(({ name }) => name),
}: {
  readonly ownerUrl: string
  readonly redisUrl: string | undefined
  readonly queues?: readonly string[]
}): Promise<void> {
  if (redisUrl !== undefined) return
  await underLockTimeout(ownerUrl, async (pool) => {
    const client = await pool.connect()
    try {
      await runMigrations(client)
      await client.query(`set search_path = ${DEFAULT_SCHEMA}`)
      await client.query('select next_job_id(name) from unnest($1::text[]) as queue (name)', [queues])
      await client.query(`
        grant usage on schema ${DEFAULT_SCHEMA} to ${SERVICE_ROLE};
        revoke create on schema ${DEFAULT_SCHEMA} from ${SERVICE_ROLE};
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
