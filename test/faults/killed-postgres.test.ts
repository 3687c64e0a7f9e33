import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrate } from '../../src/db/migrate.ts'
import { openDb } from '../../src/db/open.ts'
import { admitLogin } from '../../src/db/service-login.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded-postgres/start.ts'
import { prepareQueues } from '../../src/work/prepare-queues.ts'
import { crashPostgres } from '../support/crash-postgres.ts'
import { makeDataFolder, removeDataFolder } from '../support/data-folder.ts'
import { eventually } from '../support/eventually.ts'
import { type FlakyProxy, openFlakyProxy } from '../support/flaky-proxy.ts'
import { startProcess, type TestProcess } from '../support/processes.ts'
import { BOOTSTRAP_KEY, type Call, caller } from '../support/service.ts'

const ROUNDS = 5
const AT_ONCE = 12

let dataDir: string
let postgres: EmbeddedPostgres
let proxy: FlakyProxy
let api: TestProcess
let call: Call
beforeAll(async () => {
  dataDir = await makeDataFolder()
  postgres = await startEmbeddedPostgres({ dataDir })
  await migrate(postgres.ownerUrl)
  await prepareQueues({ ownerUrl: postgres.ownerUrl, redisUrl: undefined })
  await admitLogin(postgres.ownerUrl, postgres.url)
  proxy = await openFlakyProxy(postgres.url)
  api = startProcess(['src/cli.ts', 'api'], {
    DATABASE_URL: proxy.through(postgres.url),
    BOOTSTRAP_API_KEY: BOOTSTRAP_KEY,
    PORT: '0',
  })
  const line = await api.waitFor(/serves at http/, 60_000)
  call = caller(/http:\/\/\S+/.exec(line)?.[0] as string)
  expect(
    (await call('POST', '/v1/accounts', { body: { accountId: 'usd', name: 'Somebody', currency: 'USD' } })).status,
  ).toBe(201)
})
afterAll(async () => {
  api.signal('SIGTERM')
  await api.exited
  await proxy.close()
  await postgres.stop()
  await removeDataFolder(dataDir)
})

/** Requests that can be known by their effect: each is given a name that nothing else has. Each has none, or as many as `effects`. */
const REQUESTS = [
  {
    path: '/v1/credits',
    body: (name: string) => ({ accountId: 'usd', amount: '1', reason: name }),
    effects: 1,
  },
  {
    path: '/v1/credits/batch',
    body: (name: string) => ({
      credits: Array.from({ length: 3 }, () => ({ accountId: 'usd', amount: '1', reason: name })),
    }),
    effects: 3,
  },
  {
    path: '/v1/charges',
    body: (name: string) => ({ charges: [{ accountId: 'usd', amount: '1', description: name }] }),
    effects: 1,
  },
  { path: '/v1/accounts', body: (name: string) => ({ accountId: name, name, currency: 'USD' }), effects: 1 },
] as const

type Said = { readonly name: string; readonly effects: number; readonly status: number; readonly code: unknown }

/** Sends one request after the other, each once, until it is told to stop. */
async function load(worker: number, said: Said[], stop: AbortSignal): Promise<void> {
  for (let sent = 0; !stop.aborted; sent += 1) {
    const name = `${worker}-${sent}`
    const { path, body, effects } = REQUESTS[sent % REQUESTS.length] as (typeof REQUESTS)[number]
    const { status, body: answer } = await call('POST', path, { body: body(name) })
    said.push({ name, effects, status, code: answer.code })
    if (status === 503) await sleep(50)
  }
}

async function effectsByName(): Promise<ReadonlyMap<string, number>> {
  const db = openDb({
    url: postgres.url,
    max: 1,
    name: 'effects',
    statementTimeoutMs: 30_000,
    lockTimeoutMs: 30_000,
    onIdleError: () => {},
  })
  const { rows } = await sql<{ name: string; effects: number }>`
    select name, count(*) as effects from (
      select request->>'reason' as name from job
      union all select description from charge
      union all select key from account) as effect
    group by name`.execute(db)
  await db.destroy()
  return new Map(rows.map(({ name, effects }) => [name, effects]))
}

test('Postgres killed again and again under load: every answer is true', async () => {
  const said: Said[] = []
  const stop = new AbortController()
  const loads = Array.from({ length: AT_ONCE }, (_, worker) => load(worker, said, stop.signal))
  for (let round = 1; round <= ROUNDS; round += 1) {
    const done = () => said.filter(({ status }) => status < 300).length
    const before = done()
    // It serves again, whatever was under way when it went.
    await eventually(() => done() > before + 50, { timeoutMs: 60_000, intervalMs: 5 })
    await sleep(Math.random() * 200)
    crashPostgres(postgres.pid)
    await postgres.stop()
    postgres = await startEmbeddedPostgres({ dataDir })
    proxy.pointTo(postgres.url)
  }
  stop.abort()
  await Promise.all(loads)
  const effects = await effectsByName()
  const untrue = said.filter(({ name, effects: all, status, code }) => {
    const found = effects.get(name) ?? 0
    if (status < 300) return found !== all
    // Nothing was changed, it says.
    if (status === 503 && code !== 'outcome_unknown') return found !== 0
    return code !== 'outcome_unknown' || (found !== 0 && found !== all)
  })
  expect(untrue).toEqual([])
  expect(said.some(({ status }) => status === 503)).toBe(true)
})
