import { Kysely, PostgresDialect, type Transaction } from 'kysely'
import pg from 'pg'
import { PreparedClient } from './prepared-client.ts'
import type { DB } from './schema.ts'

export type Db = Kysely<DB>
/** A function that needs a transaction takes this, so that a plain connection does not compile. */
export type Tx = Transaction<DB>

const INT8_ARRAY = 1016
const { INT8, DATE } = pg.types.builtins

/**
 * How our connections parse columns (the queue's connections keep the defaults). bigint becomes a number: ids and invoice numbers stay far
 * below 2^53. numeric stays a string, so that no amount ever becomes a float. A date is `YYYY-MM-DD`, without a time zone.
 */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (oid === INT8) return Number
    if (oid === INT8_ARRAY) return (text: string) => (text === '{}' ? [] : text.slice(1, -1).split(',').map(Number))
    if (oid === DATE) return (text: string) => text
    return pg.types.getTypeParser(oid, format as 'text')
  }) as pg.CustomTypesConfig['getTypeParser'],
}

export type OpenOptions = {
  readonly url: string
  /** The maximum number of connections. */
  readonly max: number
  /** How long a caller waits for a connection, in ms; 5,000 by default. */
  readonly waitTimeoutMs?: number
  /** For reads: nothing can be written, and each statement is planned for its parameters. */
  readonly readOnly?: boolean
  /** The application name in pg_stat_activity. */
  readonly name: string
  /** How long one statement may run, in ms. */
  readonly statementTimeoutMs: number
  /** How long an answer may take, in ms. Without this limit, a dead connection would block its caller for ever. None by default. */
  readonly answerTimeoutMs?: number
  /** How long a statement may wait for a lock, in ms. */
  readonly lockTimeoutMs: number
  /** Called when an idle connection is lost. The pool opens another when it needs one. */
  readonly onIdleError: (error: Error) => void
}

/**
 * Writes use generic plans, because every statement of a batch should find its rows by index. With a custom plan for an array of 1,500 ids,
 * an update read the whole table. Reads use custom plans, because the plan of a list depends on its limit and filters. A generic plan
 * expects to read a tenth of the table.
 */
const WRITES = ['-c plan_cache_mode=force_generic_plan']
const READS = [
  '-c plan_cache_mode=force_custom_plan',
  '-c default_transaction_read_only=on',
  // A page is to be read in the order of an index. The planner prefers an incremental sort, which is slow when one group is the whole
  // table.
  '-c enable_incremental_sort=off',
]

/** Opens a pool of connections, with timeouts on everything. Their rights are those of the login: see service-login.ts. */
export function openDb(options: OpenOptions): Db {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.max,
    application_name: options.name,
    connectionTimeoutMillis: options.waitTimeoutMs ?? 5_000,
    keepAlive: true,
    ...(options.answerTimeoutMs === undefined ? {} : { query_timeout: options.answerTimeoutMs }),
    options: [
      `-c statement_timeout=${options.statementTimeoutMs}`,
      `-c lock_timeout=${options.lockTimeoutMs}`,
      '-c idle_in_transaction_session_timeout=15000',
      '-c timezone=UTC',
      ...(options.readOnly ? READS : WRITES),
    ].join(' '),
    types,
    Client: PreparedClient,
  })
  pool.on('error', options.onIdleError)
  // The pool listens to errors of idle connections only. A connection lost between two statements of a transaction would end the process.
  pool.on('connect', (client) => client.on('error', options.onIdleError))
  return new Kysely<DB>({ dialect: new PostgresDialect({ pool }) })
}
