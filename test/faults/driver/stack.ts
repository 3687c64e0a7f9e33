import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { migrate } from '../../../src/db/migrate.ts'
import { admitLogin } from '../../../src/db/service-login.ts'
import type { Backend } from '../../../src/queue/backend.ts'
import type { Queues } from '../../../src/queue/queues.ts'
import { prepareQueues } from '../../../src/work/prepare-queues.ts'
import { type FlakyProxy, openFlakyProxy } from '../../support/flaky-proxy.ts'
import { withQueues } from '../../support/with-queues.ts'
import { API_ENTRY, APIS, DEADLY_ENTRY, SETTINGS, WORKER_ENTRY, WORKERS } from './entries.ts'
import { couldNotStart, type Exit, type KeptProcess, keepProcess, wasTold } from './kept-process.ts'
import type { PostgresServer, RedisServer } from './servers.ts'
import type { Troubles } from './troubles.ts'

export type BackendKind = 'postgres' | 'redis'
export type ApiProcess = {
  readonly process: KeptProcess
  /** The proxy between it and its clients. */
  readonly proxy: FlakyProxy
  /** Where it is without the proxy. */
  readonly direct: () => string
  readonly url: string
}
export type Stack = Awaited<ReturnType<typeof openStack>>

export const API_KEY = 'bootstrap-key-of-the-driver'
/** Where nothing listens, for a proxy that does not lead anywhere yet. */
const NOWHERE = 'http://127.0.0.1:1'

let databases = 0

/**
 * The service as it runs for real, on a database of its own and a queue there or on Redis, every process by itself and behind a proxy:
 * clients to API, API to Postgres, workers to Postgres, and both to Redis. What dies is started again.
 */
export async function openStack(
  kind: BackendKind,
  postgres: PostgresServer,
  redis: RedisServer | undefined,
  troubles: Troubles,
) {
  databases += 1
  const name = `driver_${databases}`
  await query(postgres.ownerUrl('postgres'), `create database ${name}`)
  const databaseUrl = () => postgres.url(name)
  const ownerUrl = () => postgres.ownerUrl(name)
  const redisUrl = kind === 'redis' ? redis?.url : undefined
  await migrate(ownerUrl())
  await prepareQueues({ ownerUrl: ownerUrl(), redisUrl })
  await admitLogin(ownerUrl(), databaseUrl())

  const proxies = {
    apiToPostgres: await openFlakyProxy(databaseUrl()),
    workersToPostgres: await openFlakyProxy(databaseUrl()),
    ...(redisUrl === undefined
      ? {}
      : { apiToRedis: await openFlakyProxy(redisUrl), workersToRedis: await openFlakyProxy(redisUrl) }),
  } as const
  postgres.onMoved((url) => {
    proxies.apiToPostgres.pointTo(url)
    proxies.workersToPostgres.pointTo(url)
  })
  const environment = (toPostgres: FlakyProxy, toRedis: FlakyProxy | undefined) => ({
    ...SETTINGS,
    DATABASE_URL: toPostgres.through(databaseUrl()),
    ...(redisUrl === undefined || toRedis === undefined ? {} : { REDIS_URL: toRedis.through(redisUrl) }),
    QUEUE_PREFIX: name,
    BOOTSTRAP_API_KEY: API_KEY,
  })

  const unexpected: string[] = []
  const errors: string[] = []
  const onExit = (exit: Exit) => {
    if (exit.args.includes(DEADLY_ENTRY) && exit.signal === 'SIGKILL') return
    if (wasTold(exit) || (couldNotStart(exit) && troubles.during(exit.ran + 2_000))) return
    unexpected.push(
      `${exit.name} ended by itself after ${Math.round(exit.ran)} ms (${exit.signal ?? `exit code ${exit.code}`})`,
    )
  }
  const watch = (process: string) => (line: string) => {
    if (levelOf(line) >= 50) errors.push(`${process}: ${line}`)
  }

  const apis: readonly ApiProcess[] = await Promise.all(
    APIS.map(async (api) => {
      const proxy = await openFlakyProxy(NOWHERE)
      let direct = NOWHERE
      const process = keepProcess({
        name: api,
        args: API_ENTRY,
        env: environment(proxies.apiToPostgres, proxies.apiToRedis),
        onExit,
        onLine: (line) => {
          const address = /serves at (http:\/\/\S+)/.exec(line)?.[1]
          if (address !== undefined) {
            direct = address
            proxy.pointTo(direct)
          }
          watch(api)(line)
        },
      })
      return { process, proxy, direct: () => direct, url: proxy.through(NOWHERE) }
    }),
  )
  const workers: readonly KeptProcess[] = WORKERS.map((worker) =>
    keepProcess({
      name: worker,
      args: WORKER_ENTRY,
      env: environment(proxies.workersToPostgres, proxies.workersToRedis),
      onExit,
      onLine: watch(worker),
    }),
  )
  await Promise.all(apis.map(({ url }) => untilServed(url)))
  const processes = [...apis.map(({ process }) => process), ...workers]

  return {
    kind,
    name,
    postgres,
    redis: kind === 'redis' ? redis : undefined,
    databaseUrl,
    proxies,
    /** Between clients and APIs, too. */
    everyProxy: (): readonly FlakyProxy[] => [...Object.values(proxies), ...apis.map(({ proxy }) => proxy)],
    apis,
    workers,
    processes,
    /** Ends that no fault explains, and log lines of level error and above, since they were taken last. */
    takeUnexpected: () => unexpected.splice(0),
    takeErrors: () => errors.splice(0),
    /** One statement or more as the owner of the database, past every proxy. */
    asOwner: <Row extends pg.QueryResultRow = pg.QueryResultRow>(statement: string) =>
      query<Row>(ownerUrl(), statement),
    /** A connection of the owner's that stays, for as long as `act` runs. */
    withOwner: <T>(act: (client: pg.Client) => Promise<T>) => withClient(ownerUrl(), act),
    /** The queue, as a process of another make would see it. */
    withQueues: <T>(act: (queues: Queues, backend: Backend) => Promise<T>) =>
      withQueues({ databaseUrl: databaseUrl(), redisUrl, prefix: name }, act),
    /** Variables for a command that goes to the database by itself. */
    commandEnvironment: () => ({ ...SETTINGS, DATABASE_URL: databaseUrl(), OWNER_DATABASE_URL: ownerUrl() }),
    stopProcesses: () => Promise.all(processes.map((process) => process.stop())),
    close: async () => {
      await Promise.all(processes.map((process) => process.stop()))
      for (const proxy of [...Object.values(proxies), ...apis.map(({ proxy }) => proxy)]) await proxy.close()
      await query(postgres.ownerUrl('postgres'), `drop database if exists ${name} with (force)`)
    },
  } as const
}

/** Waits until an API answers that it can serve. */
async function untilServed(url: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const served = await fetch(new URL('/readyz', url)).then(
      ({ ok }) => ok,
      () => false,
    )
    if (served) return
    if (tries === 1_200) throw new Error('an API did not start within two minutes')
    await sleep(100)
  }
}

const levelOf = (line: string): number => Number(/^\{"level":(\d+)/.exec(line)?.[1] ?? 0)

export async function withClient<T>(url: string, act: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'driver', connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  await client.connect()
  try {
    return await act(client)
  } finally {
    await client.end().catch(() => {})
  }
}

export async function query<Row extends pg.QueryResultRow>(url: string, statement: string): Promise<readonly Row[]> {
  return await withClient(url, async (client) => (await client.query<Row>(statement)).rows)
}
