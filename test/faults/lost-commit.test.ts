import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrate } from '../../src/db/migrate.ts'
import { type Db, openDb } from '../../src/db/open.ts'
import { admitLogin } from '../../src/db/service-login.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded-postgres/start.ts'
import { prepareQueues } from '../../src/work/prepare-queues.ts'
import { crashPostgres } from '../support/crash-postgres.ts'
import { makeDataFolder, removeDataFolder } from '../support/data-folder.ts'
import { eventually } from '../support/eventually.ts'
import { type FlakyProxy, openFlakyProxy } from '../support/flaky-proxy.ts'
import { startProcess } from '../support/processes.ts'
import { type Call, caller } from '../support/service.ts'

const API_KEY = 'bootstrap-key-of-the-tests'
const CLIENT = 'client of the lost commit'

// A Postgres of the file's own that is as durable as in production: what it has confirmed outlives its death, and nothing else does.
let dataDir: string
let postgres: EmbeddedPostgres
let proxy: FlakyProxy
/** By way of the proxy, as the one whose replies are lost. */
let db: Db
/** Somebody else, straight to the server. */
let other: Db

const open = (url: string, name: string) =>
  openDb({ url, max: 3, name, statementTimeoutMs: 30_000, lockTimeoutMs: 20_000, onIdleError: () => {} })

beforeAll(async () => {
  dataDir = await makeDataFolder()
  postgres = await startEmbeddedPostgres({ dataDir })
  await migrate(postgres.ownerUrl)
  await prepareQueues({ ownerUrl: postgres.ownerUrl, redisUrl: undefined })
  await admitLogin(postgres.ownerUrl, postgres.url)
  proxy = await openFlakyProxy(postgres.url)
  db = open(proxy.through(postgres.url), CLIENT)
  other = open(postgres.url, 'other')
})
afterAll(async () => {
  await db.destroy()
  await other.destroy()
  await proxy.close()
  await postgres.stop()
  await removeDataFolder(dataDir)
})

const insertAccount = (key: string) =>
  inTransaction(db, async (tx) => {
    await sql`insert into account (key, name, currency) values (${key}, 'Somebody', 'USD')`.execute(tx)
    return key
  })

async function accountsNamed(key: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*) from account where key = ${key}`.execute(other)
  return rows[0]?.count ?? 0
}

/** Once the COMMIT is on its way: a crash, a new start, and others who write first, so that transaction ids are given out again. */
async function crashAndRestart(): Promise<void> {
  await eventually(() => proxy.stillToLose() === 0, { intervalMs: 1, timeoutMs: 30_000 })
  crashPostgres(postgres.pid)
  await other.destroy()
  await postgres.stop()
  postgres = await startEmbeddedPostgres({ dataDir })
  other = open(postgres.url, 'other')
  for (let writes = 0; writes < 20; writes += 1) {
    await sql`insert into reconciliation (ok, violations) values (true, 0)`.execute(other)
  }
  proxy.pointTo(postgres.url)
  proxy.comeBack()
}

test('Postgres dies as COMMIT is sent: what was not flushed is done again, not taken for somebody else’s', async () => {
  for (const round of [1, 2, 3]) {
    const key = `unflushed-${round}`
    proxy.loseRepliesToCommit(CLIENT, 1, { goesAway: true, deliverAfterMs: Infinity })
    const inserting = insertAccount(key)
    await crashAndRestart()
    expect(await inserting).toBe(key)
    expect(await accountsNamed(key)).toBe(1)
  }
})

test('Postgres dies when it has flushed: what was committed is not done again', async () => {
  proxy.loseRepliesToCommit(CLIENT, 1, { goesAway: true })
  const inserting = insertAccount('flushed')
  await eventually(async () => expect(await accountsNamed('flushed')).toBe(1), { intervalMs: 5, timeoutMs: 30_000 })
  await crashAndRestart()
  expect(await inserting).toBe('flushed')
  expect(await accountsNamed('flushed')).toBe(1)
})

test('a COMMIT that arrives late: it is waited for', async () => {
  proxy.loseRepliesToCommit(CLIENT, 1, { deliverAfterMs: 1_500 })
  expect(await insertAccount('late')).toBe('late')
  expect(await accountsNamed('late')).toBe(1)
})

test('a COMMIT that never arrives, of a connection that seems alive: it is done again once the server has given it up', async () => {
  proxy.loseRepliesToCommit(CLIENT, 1, { deliverAfterMs: Infinity })
  expect(await insertAccount('never')).toBe('never')
  expect(await accountsNamed('never')).toBe(1)
})

test('a 202 never names a job that is not there', async () => {
  const api = startProcess(['src/cli.ts', 'api'], {
    DATABASE_URL: proxy.through(postgres.url),
    BOOTSTRAP_API_KEY: API_KEY,
    PORT: '0',
  })
  const line = await api.waitFor(/serves at http/, 60_000)
  const call: Call = caller(/http:\/\/\S+/.exec(line)?.[0] as string)
  await call('POST', '/v1/accounts', { body: { accountId: 'e2e', name: 'Somebody', currency: 'USD' } })
  for (const round of [1, 2, 3]) {
    const reason = `round ${round}`
    // Every other COMMIT reaches the server.
    proxy.loseRepliesToCommit('nightbill api', 1, { goesAway: true, deliverAfterMs: round % 2 === 0 ? 0 : Infinity })
    const answering = call('POST', '/v1/credits', { body: { accountId: 'e2e', amount: '1', reason } })
    await crashAndRestart()
    const { status, body } = await answering
    const { rows } = await sql<{ id: string }>`select id from job where request->>'reason' = ${reason}`.execute(other)
    expect({ status, jobs: rows.map(({ id }) => id) }).toEqual({ status: 202, jobs: [body.jobId] })
    expect((await call('GET', `/v1/jobs/${body.jobId}`)).status).toBe(200)
  }
  api.signal('SIGTERM')
  await api.exited
})
