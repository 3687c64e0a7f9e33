import { createPostgresBackend, DEFAULT_SCHEMA, Queue, runMigrations, Worker } from 'bullmq'
import pg from 'pg'
import { SERVICE_ROLE } from '../db/service-login.ts'
import { underLockTimeout } from '../db/under-lock-timeout.ts'
import type { Backend, BackendOptions } from './backend.ts'
import { ANSWER_TIMEOUT_MS, EVERY_WORKER, running, untilReady } from './until-ready.ts'

/** Connections that a queue's or a worker's own pool may hold, besides the one that listens. */
const POSTGRES_POOL = 4

/**
 * A worker on Postgres looks by itself this often, in seconds. BullMQ relies on being called, for an hour when the connection on which
 * it listens was lost at the wrong moment.
 */
const LOOK_EVERY_S = 5

/**
 * Brings the queue's own schema up to date, as the owner of the database, and lets the service's role use it. BullMQ makes a sequence for
 * each queue when it is first used, for which the role has no right: those of `names` are made here.
 */
export async function preparePostgresQueues(ownerUrl: string, names: readonly string[]): Promise<void> {
  await underLockTimeout(ownerUrl, async (pool) => {
    const client = await pool.connect()
    try {
      await runMigrations(client)
      await client.query(`set search_path = ${DEFAULT_SCHEMA}`)
      await client.query('select next_job_id(name) from unnest($1::text[]) as queue (name)', [names])
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

/** Opens the queue in the database, in a schema of its own. */
export function openPostgresBackend({
  databaseUrl,
  onError,
  answerTimeoutMs = ANSWER_TIMEOUT_MS,
}: BackendOptions): Backend {
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
