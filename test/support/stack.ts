import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { sql } from 'kysely'
import pg from 'pg'
import { expect } from 'vitest'
import { openApiClient } from '../../src/client/api-client.ts'
import { type Db, openDb } from '../../src/db/open.ts'
import { reconcile } from '../../src/ledger/reconcile/reconcile.ts'
import type { Backend } from '../../src/queue/backend.ts'
import type { Queues } from '../../src/queue/queues.ts'
import { prepareQueues } from '../../src/work/prepare-queues.ts'
import { PROCESSES, processName } from '../../src/work/processes.ts'
import type { BackendKind } from './backends.ts'
import { openTestDatabase, type TestDatabase } from './database.ts'
import { eventually } from './eventually.ts'
import { startProcess, type TestProcess } from './processes.ts'
import { redisUrl as sharedRedisUrl } from './redis.ts'
import { withQueues } from './with-queues.ts'

export const API_KEY = 'bootstrap-key-of-the-stack'

/** Quick to notice what is lost. A worker that is gone is known to be so after a lock and two checks at most, 10 s with some to spare. */
const FAST = { JOB_LOCK_MS: '5000', STALL_CHECK_MS: '2000', RELAY_INTERVAL_MS: '500', RELAY_AFTER_MS: '1500' }

/** A process of a stack: `api`, or what a worker carries (`--kinds`). */
export type EntryName = string

type Env = Readonly<Record<string, string>>

export type StackOptions = {
  readonly backend: BackendKind
  /** How many processes of their own there are of each kind. What is not named shares one worker process: to start one costs more than most tests. */
  readonly workers?: Readonly<Partial<Record<EntryName, number>>>
  /** Settings over those of the fast profile, for every process. */
  readonly env?: Env
  /** A Redis of the test's own in place of the test run's. */
  readonly redisUrl?: string
  /** A Postgres of the test's own; otherwise a clone on the test run's. */
  readonly database?: TestDatabase
  /** Where the processes reach the database, given where it is: for a proxy between them. */
  readonly reachDatabaseAt?: (url: string) => string
}

export type Stack = Awaited<ReturnType<typeof openStack>>

/**
 * The service as it runs for real: API and workers are processes of their own, on a database of the stack's own, with a queue there or
 * on Redis. Nothing restarts a process that dies but the test.
 */
export async function openStack(options: StackOptions) {
  const { backend: kind, workers = {}, env = {}, reachDatabaseAt = (url: string) => url } = options
  const database = options.database ?? (await openTestDatabase())
  const redisUrl = kind === 'redis' ? (options.redisUrl ?? sharedRedisUrl()) : undefined
  await prepareQueues({ ownerUrl: database.ownerUrl, redisUrl })
  const prefix = `test-${randomUUID()}`
  const environment: Env = {
    ...FAST,
    DATABASE_URL: reachDatabaseAt(database.url),
    ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
    QUEUE_PREFIX: prefix,
    BOOTSTRAP_API_KEY: API_KEY,
    DATABASE_POOL: '5',
    PORT: '0',
    // The processes of a stack load the same files again and again.
    NODE_COMPILE_CACHE: join(import.meta.dirname, '../../node_modules/.cache/compiled'),
    ...env,
  }
  const db = openDb({
    url: database.url,
    max: 3,
    name: 'test',
    statementTimeoutMs: 30_000,
    lockTimeoutMs: 20_000,
    onIdleError: () => {},
  })
  const processes = startsProcesses(environment)
  const { api: apis = 1 } = workers
  const [api] = Array.from({ length: apis }, () => processes.start('api'))
  for (const name of PROCESSES) for (let count = workers[name] ?? 0; count > 0; count -= 1) processes.start(name)
  const shared = PROCESSES.filter((name) => workers[name] === undefined)
  if (shared.length > 0) processes.startWorker(shared)
  const url = api ? await addressOf(api) : ''
  const close = async () => {
    await processes.stopAll()
    await db.destroy()
    await database.drop()
    if (redisUrl !== undefined) await forget(redisUrl, prefix)
  }
  return {
    backend: kind,
    databaseUrl: database.url,
    ownerUrl: database.ownerUrl,
    redisUrl,
    environment,
    db,
    url,
    client: openApiClient({ baseUrl: url, apiKey: API_KEY }),
    asOwner: <Row extends pg.QueryResultRow>(statement: string) => asOwner<Row>(database.ownerUrl, statement),
    /** Connections of processes of this kind that wait for a lock now. */
    waitingForLock: async (name: EntryName) => {
      const names = processes.running(name).map(({ entries }) => `'${applicationName(entries)}'`)
      return await asOwner<{ query: string }>(
        database.ownerUrl,
        `select query from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
          and application_name in (${names.join()})`,
      )
    },
    /** What of the durable work is not carried out: nothing, or this. */
    open: () => openWork(db),
    /** Waits until no durable work is open. */
    quiet: (timeoutMs = 180_000) =>
      eventually(async () => expect(await openWork(db)).toEqual({ jobs: 0, batches: 0, runs: 0 }), {
        timeoutMs,
        intervalMs: 50,
      }),
    expectReconciled: () => expectReconciled(db),
    /** The queue, as a process of another make would see it. */
    withQueues: <T>(act: (queues: Queues, backend: Backend) => Promise<T>) =>
      withQueues({ databaseUrl: database.url, redisUrl, prefix }, act),
    ...processes,
    close,
  } as const
}

export type StackProcess = TestProcess & {
  /** What it is started as. */
  readonly name: EntryName
  /** What it carries. */
  readonly entries: readonly EntryName[]
}

/** How a process's connections to the database are named. */
const applicationName = (entries: readonly EntryName[]) =>
  `nightbill ${entries.includes('api') ? 'api' : processName(entries)}`

const argsOf = (entries: readonly EntryName[]) =>
  entries.includes('api') ? ['src/cli.ts', 'api'] : ['workers/worker.ts', '--kinds', entries.join()]

function startsProcesses(environment: Env) {
  let all: readonly StackProcess[] = []

  function startAs(entries: readonly EntryName[], env: Env, args: readonly string[]): StackProcess {
    const started = { ...startProcess(args, { ...environment, ...env }), name: entries[0] as EntryName, entries }
    all = [...all, started]
    void started.exited.finally(() => {
      all = all.filter((one) => one !== started)
    })
    return started
  }

  function start(name: EntryName, env: Env = {}, args: readonly string[] = argsOf([name])): StackProcess {
    return startAs([name], env, args)
  }

  async function end(process: TestProcess, signal: NodeJS.Signals) {
    process.signal(signal)
    return await process.exited
  }

  return {
    /** Starts one more; other `args` in place of its entry when given. */
    start,
    /** Starts one that carries several kinds of work. */
    startWorker: (kinds: readonly string[]) => startAs(kinds, {}, argsOf(kinds)),
    /** Those that run now and carry this. */
    running: (name: EntryName) => all.filter(({ entries }) => entries.includes(name)),
    /** Sends a signal that ends it and waits for its end. */
    end,
    /** Ends it and starts another in its place. */
    restart: async (process: StackProcess, signal: NodeJS.Signals) => {
      await end(process, signal)
      return startAs(process.entries, {}, argsOf(process.entries))
    },
    stopAll: async () => {
      const stopping = [...all]
      for (const one of stopping) {
        one.signal('SIGCONT')
        one.signal('SIGTERM')
      }
      const late = setTimeout(() => {
        for (const one of stopping) one.signal('SIGKILL')
      }, 8_000)
      await Promise.all(stopping.map((one) => one.exited))
      clearTimeout(late)
    },
  }
}

/** Where a started API listens. */
export async function addressOf(api: TestProcess): Promise<string> {
  const line = await api.waitFor(/serves at http/)
  return /http:\/\/\S+/.exec(line)?.[0] as string
}

/** One statement as the owner of the database, whom no right limits. */
async function asOwner<Row extends pg.QueryResultRow>(url: string, statement: string): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<Row>(statement)
    return rows
  } finally {
    await client.end()
  }
}

async function openWork(db: Db): Promise<{ readonly jobs: number; readonly batches: number; readonly runs: number }> {
  const { rows } = await sql<{ jobs: number; batches: number; runs: number }>`
    select (select count(*) from job where status = 'queued') as jobs,
      (select count(*) from bill_batch where status = 'open') as batches,
      (select count(*) from bill_run where finished_at is null) as runs`.execute(db)
  return rows[0] as { jobs: number; batches: number; runs: number }
}

async function expectReconciled(db: Db): Promise<void> {
  const { checks } = await reconcile(db)
  expect(checks.filter(({ violations }) => violations > 0)).toEqual([])
}

/** Leaves nothing behind on a Redis that is not the test run's own. */
async function forget(redisUrl: string, prefix: string): Promise<void> {
  const redis = new Redis(redisUrl, { lazyConnect: true, maxRetriesPerRequest: 1, retryStrategy: () => null })
  redis.on('error', () => {})
  try {
    await redis.connect()
    for await (const keys of redis.scanStream({ match: `{${prefix}:*`, count: 1_000 })) {
      if ((keys as string[]).length > 0) await redis.unlink(...(keys as string[]))
    }
  } catch {
    // A Redis that the test has ended keeps nothing.
  } finally {
    redis.disconnect()
  }
}
