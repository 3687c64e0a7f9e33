import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { sql } from 'kysely'
import { readConfig } from '../../src/config.ts'
import { type Db, openDb } from '../../src/db/open.ts'
import { openReads } from '../../src/db/open-reads.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { recordCredits } from '../../src/ledger/credits/record-credits.ts'
import { recordReversals } from '../../src/ledger/credits/record-reversals.ts'
import { createKey, SCOPES } from '../../src/ledger/keys/api-keys.ts'
import { keepBootstrapKey } from '../../src/ledger/keys/first-keys.ts'
import { openSite } from '../../src/open-site.ts'
import { openBackend } from '../../src/queue/backend.ts'
import { openQueues } from '../../src/queue/queues.ts'
import { KINDS } from '../../src/work/kinds.ts'
import { prepareQueues } from '../../src/work/prepare-queues.ts'
import { processBatch } from '../../src/work/process-batch.ts'
import { processBillRun } from '../../src/work/process-bill-run.ts'
import { captureLog, expectNoErrors } from './captured-log.ts'
import { openTestDatabase, type TestDatabase } from './database.ts'
import { startProcess, type TestProcess } from './processes.ts'

export const BOOTSTRAP_KEY = 'bootstrap-key-of-the-tests'

export type Scope = (typeof SCOPES)[number]

export type Answer<Body> = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** The body as it came. */
  readonly text: string
  /** The body as JSON; undefined when it is none. */
  readonly body: Body
}

export type CallOptions = {
  /** The API key; one with every scope unless said, none when null. */
  readonly key?: string | null
  /** Sent as JSON. */
  readonly body?: unknown
  /** Sent as it is, as JSON unless the headers say otherwise. */
  readonly raw?: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

export type Call = <Body = Readonly<Record<string, unknown>>>(
  method: string,
  path: string,
  options?: CallOptions,
) => Promise<Answer<Body>>

export type ServiceOptions = {
  /** The queue's Redis; the queue is in Postgres without it. */
  readonly redisUrl?: string
  /** Settings other than the defaults. */
  readonly settings?: Readonly<Record<string, string>>
  /** The database of an earlier service, which is then that service's to drop. */
  readonly database?: TestDatabase
  /** Whether the service may log errors: a test file fails otherwise when it does. */
  readonly mayLogErrors?: boolean
}

export type Service = Awaited<ReturnType<typeof openService>>

/** Quick to notice what is lost, so that tests need not wait. */
const QUICK = { RELAY_INTERVAL_MS: '500', RELAY_AFTER_MS: '1000', JOB_LOCK_MS: '5000', STALL_CHECK_MS: '2000' }

/**
 * The API on a database and a port of its own, in this process, with a key for each scope. What it accepts is processed when a test calls
 * `processAll`, or by the worker process that `startWorkers` starts.
 */
export async function openService({
  redisUrl,
  settings = {},
  database: given,
  mayLogErrors = false,
}: ServiceOptions = {}) {
  const database = given ?? (await openServiceDatabase())
  const environment: Readonly<Record<string, string>> = {
    ...QUICK,
    DATABASE_URL: database.url,
    ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
    BOOTSTRAP_API_KEY: BOOTSTRAP_KEY,
    LOG_LEVEL: 'silent',
    PORT: '0',
    ...settings,
  }
  const config = readConfig(environment)
  const db = openDb({
    url: database.url,
    max: config.DATABASE_POOL,
    name: 'nightbill test',
    statementTimeoutMs: config.STATEMENT_TIMEOUT_MS,
    lockTimeoutMs: config.LOCK_TIMEOUT_MS,
    onIdleError: () => {},
  })
  const reads = openReads(config, database.url, () => {})
  const backend = await openBackend({
    databaseUrl: database.url,
    redisUrl,
    prefix: config.QUEUE_PREFIX,
    onError: () => {},
  })
  const queues = await openQueues(backend, KINDS)
  await inTransaction(db, (tx) => keepBootstrapKey(tx, BOOTSTRAP_KEY))
  const keys = Object.fromEntries(
    await Promise.all(SCOPES.map(async (scope) => [scope, (await createKey(db, scope, [scope])).key])),
  ) as Readonly<Record<Scope, string>>

  const { log, logged } = captureLog()
  const context = { config, db, reads, backend, queues }
  const api = await openSite(context, log)
  const url = await api.listen({ port: 0, host: '127.0.0.1' })
  const port = Number(new URL(url).port)

  let workers: readonly TestProcess[] = []
  const startWorkers = async () => {
    workers = [startProcess(['workers/worker.ts'], environment)]
    return workers
  }
  const close = async () => {
    for (const worker of workers) worker.signal('SIGTERM')
    await Promise.all(workers.map((worker) => worker.exited))
    await api.close()
    await queues.close()
    await backend.close()
    await reads.destroy()
    await db.destroy()
    if (given === undefined) await database.drop()
    if (!mayLogErrors) expectNoErrors(logged)
  }
  return {
    api,
    /** What the API works with. */
    context,
    url,
    port,
    db,
    reads,
    database,
    queues,
    environment,
    /** What the API has logged so far. */
    logged,
    /** A key of each scope, with no other. */
    keys,
    call: caller(url),
    /** Writes these bytes to a connection of their own and gives what comes back until the other side closes it. */
    send: (bytes: string | Buffer) => sendBytes(port, bytes),
    processAll: () => processAccepted(db),
    startWorkers,
    close,
  } as const
}

/** A migrated database that has the queue's own schema too. */
export async function openServiceDatabase(): Promise<TestDatabase> {
  const database = await openTestDatabase()
  await prepareQueues({ ownerUrl: database.ownerUrl, redisUrl: undefined })
  return database
}

/** Calls the API at an address over HTTP, with the bootstrap key unless another is given. */
export function caller(url: string): Call {
  return (method, path, { key = BOOTSTRAP_KEY, body, raw, headers = {} } = {}) =>
    new Promise((resolve, reject) => {
      const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body))
      const sent = {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(payload === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
        ...headers,
      }
      const request = httpRequest(new URL(path, url), { method, headers: sent }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('error', reject)
        response.once('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parsed(text) as never })
        })
      })
      request.once('error', reject)
      request.end(payload)
    })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function sendBytes(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes))
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.once('error', reject)
    socket.once('close', () => resolve(Buffer.concat(chunks).toString('utf8')))
  })
}

/** Processes everything that was accepted, by the functions that the workers use. */
async function processAccepted(db: Db): Promise<void> {
  const queued = async (type: 'credit' | 'reversal') => {
    const { rows } = await sql<{ id: string }>`
      select id from job where status = 'queued' and type = ${type} order by id`.execute(db)
    return rows.map(({ id }) => id)
  }
  const credits = await queued('credit')
  const reversals = await queued('reversal')
  await inTransaction(db, (tx) => recordCredits(tx, credits))
  await inTransaction(db, (tx) => recordReversals(tx, reversals))
  const bill = async (batchIds: readonly string[]) => {
    for (const id of batchIds) await processBatch(db, id, bill)
  }
  const { rows: runs } = await sql<{
    id: string
  }>`select id from bill_run where finished_at is null order by id`.execute(db)
  for (const { id } of runs) await processBillRun(db, id, 200, bill)
}
