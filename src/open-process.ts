import { flushCompileCache } from 'node:module'
import type { Logger } from 'pino'
import { type Config, readConfig, StartError } from './config.ts'
import { pendingMigrations, refuseNewer } from './db/migrate.ts'
import { type Db, openDb } from './db/open.ts'
import { refuseOwner } from './db/service-login.ts'
import { openLog } from './open-log.ts'
import { type Backend, openBackend } from './queue/backend.ts'
import { openQueues, type Queues } from './queue/queues.ts'
import { sentinelsOf } from './queue/redis.ts'
import { releaseStartMemory } from './release-start-memory.ts'
import { KINDS } from './work/kinds.ts'
import { watchWorkers } from './work/watch-workers.ts'

export type OpenProcess = {
  readonly config: Config
  readonly log: Logger
  readonly db: Db
  readonly databaseUrl: string
  readonly backend: Backend
  readonly queues: Queues
  /**
   * Registers a function that runs when the process is told to stop, before the connections are closed. The last one registered runs first.
   */
  readonly onStop: (close: () => Promise<void>) => void
  /**
   * To be called when everything has started. A process that is told to stop earlier waits for this call: things that are still being
   * opened could not be closed.
   */
  readonly started: () => void
}

/**
 * Opens what every process of the service needs, and closes it when the process is told to stop. Throws a StartError when the configuration
 * or the database does not allow a start.
 */
export async function openProcess(name: string): Promise<OpenProcess> {
  const config = readConfig()
  const log = openLog(name, config.LOG_LEVEL)
  const databaseUrl = config.DATABASE_URL
  if (databaseUrl === undefined)
    throw new StartError('DATABASE_URL is not set: only `nightbill serve` starts an embedded Postgres')
  const db = await openDatabase(config, databaseUrl, name, log)
  const opened = await openBackend({
    databaseUrl,
    redisUrl: config.REDIS_URL,
    redisCluster: config.REDIS_CLUSTER,
    redisSentinels: sentinelsOf(config),
    prefix: config.QUEUE_PREFIX,
    onError: (error) => log.warn({ err: error }, 'trouble with the queue'),
  })
  const { backend, close: reportActivity } = watchWorkers(opened, db, log)
  const queues = await openQueues(backend, KINDS)
  const { onStop, started } = closeWhenTold(config, log, [
    () => db.destroy(),
    backend.close,
    reportActivity,
    queues.close,
  ])
  return { config, log, db, databaseUrl, backend, queues, onStop, started }
}

/** Opens the database. Throws when its migrations are not those of this code, or when the login has too many or too few rights. */
async function openDatabase(config: Config, url: string, name: string, log: Logger): Promise<Db> {
  const db = openDb({
    url,
    max: config.DATABASE_POOL,
    name: `nightbill ${name}`,
    statementTimeoutMs: config.STATEMENT_TIMEOUT_MS,
    lockTimeoutMs: config.LOCK_TIMEOUT_MS,
    // Longer than the server's own timeout, so that a server that is there gives up first.
    answerTimeoutMs: config.STATEMENT_TIMEOUT_MS + 5_000,
    onIdleError: (error) => log.warn({ err: error }, 'lost an idle database connection'),
  })
  await refuseNewer(db)
  const missing = await pendingMigrations(db)
  if (missing.length > 0) throw new StartError(`the database lacks ${missing.join(', ')}: run \`nightbill migrate\``)
  await refuseOwner(db)
  return db
}

type Close = () => Promise<void>

/** When the process is told to stop: closes everything, the last opened first, and ends the process. */
function closeWhenTold(config: Config, log: Logger, opened: readonly Close[]): Pick<OpenProcess, 'onStop' | 'started'> {
  const closers = [...opened]
  const allStarted = Promise.withResolvers<void>()
  const close = async (signal: string) => {
    log.info({ signal }, 'stopping')
    setTimeout(() => {
      log.error({ ms: config.SHUTDOWN_MS }, 'could not finish in time; another process will take over the open work')
      process.exit(1)
    }, config.SHUTDOWN_MS).unref()
    // A worker whose connections are closed while it is being opened would ask for jobs for ever.
    await allStarted.promise
    for (const close of closers.toReversed())
      await close().catch((error) => log.warn({ err: error }, 'could not close'))
    process.exit(0)
  }
  // The signal may come twice: from the terminal, and from the supervisor that has got it from the terminal too.
  let stopping: Promise<void> | undefined
  const stop = (signal: string) => (stopping ??= close(signal))
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  // The supervisor has ended: nobody could stop this process later.
  process.once('disconnect', () => stop('disconnect'))
  return {
    onStop: (close) => closers.push(close),
    started: () => {
      allStarted.resolve()
      // Node writes its compile cache at the end of a process. A killed process would write none, and the next start would be slower.
      flushCompileCache()
      releaseStartMemory()
    },
  }
}
