import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { EVERY_CALL } from '../support/every-call.ts'
import { type FlakyProxy, openFlakyProxy } from '../support/flaky-proxy.ts'
import { expectProblem } from '../support/problem.ts'
import { startProcess, type TestProcess } from '../support/processes.ts'
import { fill, fingerprint, NOBODY } from '../support/seeded-service.ts'
import { type Call, caller, openService, type Service } from '../support/service.ts'

let service: Service
let proxy: FlakyProxy
let api: TestProcess
let call: Call

beforeAll(async () => {
  service = await openService()
  await service.call('POST', '/v1/accounts', { body: { accountId: 'usd', name: 'Somebody', currency: 'USD' } })
  proxy = await openFlakyProxy(service.database.url)
  api = startProcess(['src/cli.ts', 'api'], {
    ...service.environment,
    DATABASE_URL: proxy.through(service.database.url),
    LOCK_TIMEOUT_MS: '200',
    LOG_LEVEL: 'info',
  })
  const line = await api.waitFor(/Nightbill serves at/)
  call = caller(line.replace(/.* at /, '').trim())
})
afterAll(async () => {
  api.signal('SIGTERM')
  await api.exited
  await proxy.close()
  await service.close()
})

const credit = { accountId: 'usd', amount: '1', reason: 'x' }
const addresses = {
  creditId: NOBODY,
  jobId: NOBODY,
  billRunId: NOBODY,
  invoiceId: NOBODY,
  keyId: NOBODY,
  accountId: 'x',
  name: 'x',
}

describe('when the database is cut off', () => {
  let before: Readonly<Record<string, string>>

  beforeAll(async () => {
    expect((await call('POST', '/v1/credits', { body: credit })).status).toBe(202)
    before = await fingerprint(service.db)
    await proxy.refuse()
  })

  test.each(EVERY_CALL)('$method $path: 503, and when to try again', async ({ method, path, body }) => {
    const answer = await call(
      method,
      fill(path, addresses),
      body ? { raw: fill(JSON.stringify(body), { invoice: NOBODY }) } : {},
    )
    expectProblem(answer, 503, 'database_away')
    expect(answer.headers['retry-after']).toBe('5')
  })

  test('it is alive, and not ready', async () => {
    expect((await call('GET', '/healthz', { key: null })).body).toEqual({ status: 'alive' })
    const ready = await call('GET', '/readyz', { key: null })
    expect(ready.status).toBe(503)
    expect(ready.headers['retry-after']).toBe('5')
    // Which part is missing, for anyone; why is for those who read the log.
    expect(ready.body).toEqual({
      status: 'not ready',
      database: 'unreachable',
      queue: 'unreachable',
      migrations: 'unknown',
    })
    const line = await api.waitFor(/the database cannot be reached/)
    expect(JSON.parse(line)).toMatchObject({ level: 40, err: { message: expect.stringMatching(/./) } })
  })

  test('once it is back, so is the service, and nothing was changed', async () => {
    await proxy.listenAgain()
    await eventually(async () => expect((await call('GET', '/readyz', { key: null })).status).toBe(200))
    expect(await fingerprint(service.db)).toEqual(before)
    expect((await call('POST', '/v1/credits', { body: credit })).status).toBe(202)
  })
})

test('sessions that the server ends are no more than a pause', async () => {
  const admin = new pg.Client({ connectionString: service.database.ownerUrl })
  await admin.connect()
  try {
    for (let round = 0; round < 3; round += 1) {
      await admin.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'nightbill api'",
      )
      const body = { charges: [{ accountId: 'usd', amount: '1', description: `round ${round}` }] }
      await eventually(async () => expect((await call('POST', '/v1/charges', { body })).status).toBe(201))
    }
  } finally {
    await admin.end()
  }
})

test('a row that stays locked: 503, nothing changed, and it works once the lock is gone', async () => {
  const holder = new pg.Client({ connectionString: service.database.ownerUrl })
  await holder.connect()
  try {
    await holder.query('begin; lock table charge in access exclusive mode')
    const body = { charges: [{ accountId: 'usd', amount: '1', description: 'locked' }] }
    const answer = await call('POST', '/v1/charges', { body })
    const { detail } = expectProblem(answer, 503, 'database_away')
    expect(detail).toMatch(/too busy: it took too long.*nothing was changed/)
    expect(answer.headers['retry-after']).toBe('5')
    await holder.query('rollback')
    expect((await call('POST', '/v1/charges', { body })).status).toBe(201)
  } finally {
    await holder.end()
  }
})

describe('a system fault', () => {
  const body = { charges: [{ accountId: 'usd', amount: '1', description: 'in trouble' }] }
  const asOwner = async (...statements: readonly string[]) => {
    const owner = new pg.Client({ connectionString: service.database.ownerUrl })
    await owner.connect()
    for (const statement of statements) await owner.query(statement)
    await owner.end()
  }

  test('a right that is revoked: 500, the caller is told nothing of it, nothing is changed, and it works once given back', async () => {
    await asOwner('revoke insert on charge from nightbill_service')
    const before = await fingerprint(service.db)
    const answer = await call('POST', '/v1/charges', { body })
    expectProblem(answer, 500, 'internal_error')
    expect(answer.text).not.toMatch(/permission|42501/)
    expect(await fingerprint(service.db)).toEqual(before)
    await asOwner('grant insert on charge to nightbill_service')
    expect((await call('POST', '/v1/charges', { body })).status).toBe(201)
  })

  test('a full disk: 503, and nothing is changed', async () => {
    await asOwner(
      `create function full_disk() returns trigger language plpgsql as $$
       begin raise exception 'no space left on device' using errcode = 'disk_full'; end $$`,
      'create trigger full_disk before insert on charge for each row execute function full_disk()',
    )
    const before = await fingerprint(service.db)
    const answer = await call('POST', '/v1/charges', { body })
    expectProblem(answer, 503, 'database_away')
    expect(answer.headers['retry-after']).toBe('5')
    expect(await fingerprint(service.db)).toEqual(before)
    await asOwner('drop trigger full_disk on charge')
  })
})
