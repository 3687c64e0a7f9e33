import { createPostgresBackend, DEFAULT_SCHEMA, Queue, runMigrations, Worker } from 'bullmq'
import pg from 'pg'
import { SERVICE_ROLE } from '../db/service-login.ts'
import { underLockTimeout } from '../db/under-lock-timeout.ts'
import type { Backend, BackendOptions } from './backend.ts'
import { ANSWER_TIMEOUT_MS, runWorker, untilReady, WORKER_OPTIONS } from './until-ready.ts'

/** How many connections the pool of a queue or a worker may have, besides the one that listens. */
const POSTGRES_POOL = 4

/**
 * How often a worker on Postgres polls, in seconds. By default BullMQ waits to be notified: up to an hour, if the connection on which it
 * listens is lost at the wrong moment.
 */
const POLL_INTERVAL_S = 5

/**
 * Migrates the queue's own schema, as the owner of the database, and grants its use to the service's role. BullMQ creates a sequence for
 * each queue at its first use. The service's role may not do that, so the sequences of the queues in `names` are created here.
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
 * A client whose connection may be terminated at any moment without harm. pg-pool does not listen to 'error' events of a client that has
 * just connected or is checked out, and an 'error' event without a listener ends the process. The next statement on the client fails
 * anyway.
 */
class SteadyClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config)
    this.on('error', () => {})
  }
}

/** BullMQ's own backend, with a shorter poll interval. */
const createBackend = (...[name, options, more]: Parameters<typeof createPostgresBackend>) =>
  Object.defineProperty(createPostgresBackend(name, options, more), 'maximumBlockTimeout', { value: POLL_INTERVAL_S })

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
  // A pool of ours, because BullMQ's own pool would listen on a client that is not a SteadyClient.
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
      const workerOptions = { ...options, ...WORKER_OPTIONS, connection: openQueuePool() as never }
      return runWorker(
        await untilReady(() => new Worker(name, process, workerOptions, createBackend as never), onError),
      )
    },
    ping: async () => void (await pingPool.query('select 1')),
    // A Postgres that is full accepts no credits or charges either, so there is nothing to enqueue.
    isFull: async () => false,
    // This backend lists the newest first, whatever order is asked for.
    nextJobs: async (queue, max) => {
      const waiting = await queue.getWaitingCount()
      return waiting === 0 ? [] : await queue.getWaiting(Math.max(0, waiting - max), waiting - 1)
    },
    close: async () => void (await Promise.all(pools.map((pool) => pool.end()))),
  }
}
