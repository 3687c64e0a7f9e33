import { resolve } from 'node:path'
import { Client, escapeLiteral } from 'pg'
import { findBinaries } from './binaries.ts'
import { choosePlace } from './choose-place.ts'
import { createClusterOnce, SUPERUSER } from './create-cluster.ts'
import { holdFolder } from './hold-folder.ts'
import { runServer } from './run-server.ts'

export type EmbeddedPostgresOptions = {
  /**
   * The folder that keeps the data between starts. For root the data may be elsewhere: then the file `postgres-location` in it says where.
   */
  readonly dataDir: string
  readonly log?: (line: string) => void
  /** Called once, with a line for people, when the server ends by itself. It is not started again. */
  readonly onLost?: (line: string) => void
  /** Postgres settings that replace the defaults. Only tests may turn durability off (`fsync`, `synchronous_commit`). */
  readonly settings?: Readonly<Record<string, string>>
}

export type EmbeddedPostgres = {
  /** The URL of the database `nightbill`, with the login of the service. The login has rights only after a migration and admitLogin. */
  readonly url: string
  /** The same with the login of the database's owner, for migrations. */
  readonly ownerUrl: string
  readonly pid: number
  /** Shuts the server down: open connections are closed, and committed data is on disk. Resolves when it has ended. May be called again. */
  stop(): Promise<void>
}

const DATABASE = 'nightbill'
const SERVICE_LOGIN = 'nightbill_app'

const DEFAULTS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '256MB',
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Error details and failed statements contain customers' data, which must not be in a log.
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
}

/**
 * Starts a Postgres 18 for this process, on a free loopback port and with passwords, as the service does when no DATABASE_URL is set. Only
 * one process at a time can use a data folder. Works as root and as an ordinary user, and recovers after this process was killed. Throws an
 * Error whose message says, in one line for people, what is wrong and how to fix it.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir)
  const log = options.log ?? (() => {})
  const onLost = options.onLost ?? log
  const settings = { ...DEFAULTS, ...options.settings }
  if (process.platform === 'win32')
    throw new Error('the embedded Postgres does not run on Windows: set DATABASE_URL to a Postgres of your own')
  try {
    return await start(dataDir, settings, log, onLost)
  } catch (error) {
    throw explained(error, dataDir)
  }
}

async function start(
  dataDir: string,
  settings: Readonly<Record<string, string>>,
  log: (line: string) => void,
  onLost: (line: string) => void,
): Promise<EmbeddedPostgres> {
  const place = await choosePlace(dataDir)
  const release = await holdFolder(place.home)
  try {
    if (place.elsewhere) log(`the account that Postgres runs as cannot enter ${dataDir}: the data is in ${place.home}`)
    const binaries = await findBinaries(place.account)
    const { passwords, created } = await createClusterOnce(binaries, place, settings.fsync !== 'off')
    if (created) log(`created a database in ${place.home}`)
    const server = await runServer(binaries, place, settings, log)
    let stopping: Promise<void> | undefined
    const stop = () => (stopping ??= server.stop().then(release))
    void server.ended.then((reason) => stopping ?? onLost(lostLine(reason, place.home)))
    const urlOf = (login: string, password: string, database: string) =>
      `postgres://${login}:${password}@127.0.0.1:${server.port}/${database}`
    try {
      await createDatabaseOnce(urlOf(SUPERUSER, passwords.owner, 'postgres'), passwords.service)
    } catch (error) {
      await stop()
      throw error
    }
    return {
      url: urlOf(SERVICE_LOGIN, passwords.service, DATABASE),
      ownerUrl: urlOf(SUPERUSER, passwords.owner, DATABASE),
      pid: server.pid,
      stop,
    }
  } catch (error) {
    await release()
    throw error
  }
}

/** The next start renames postgres.log, so the line names both files. */
function lostLine(reason: string, home: string): string {
  return `the embedded ${reason} and nobody stopped it: a new start recovers it, and accepted work is safe; the reason may be in ${home}/postgres.log (after the next start, in postgres.log.1)`
}

/** Creates the database unless it exists, creates the login of the service, and sets its password. */
async function createDatabaseOnce(url: string, servicePassword: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  // A lost connection also rejects the query that runs on it, so its 'error' event needs no handling.
  client.on('error', () => {})
  await client.connect()
  try {
    const known = await client.query('select from pg_database where datname = $1', [DATABASE])
    if (known.rowCount === 0) await client.query(`create database ${DATABASE}`)
    const login = await client.query('select from pg_roles where rolname = $1', [SERVICE_LOGIN])
    const make = login.rowCount === 0 ? 'create' : 'alter'
    await client.query(`${make} role ${SERVICE_LOGIN} login password ${escapeLiteral(servicePassword)}`)
  } finally {
    await client.end()
  }
}

function explained(error: unknown, dataDir: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException
  const cannot = `cannot keep data in ${dataDir}`
  if (code === 'ENOSPC') return new Error(`${cannot}: the disk is full`, { cause: error })
  if (code === 'ENOTDIR' || code === 'EEXIST')
    return new Error(`${cannot}: it is not a folder (${message})`, { cause: error })
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new Error(`${cannot} (${message}): give a data folder that this user can write`, { cause: error })
  }
  if (code === '28P01') {
    return new Error(
      `${cannot}: its database does not know the password in postgres-password; restore that file from a backup`,
      { cause: error },
    )
  }
  return error
}
