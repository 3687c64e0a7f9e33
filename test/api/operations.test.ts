import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AcceptedBillRun, AcceptedCredit, Account, BillRun, Page, Schedule } from '../../src/api/types.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { keepBootstrapKey } from '../../src/ledger/keys/first-keys.ts'
import { events } from '../support/bill-run-events.ts'
import { execute } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { get, post } from '../support/expected-answer.ts'
import { TIME, UUID } from '../support/id-and-time.ts'
import { expectProblem } from '../support/problem.ts'
import { type Ids, seedService } from '../support/seeded-service.ts'
import { openService, type Service } from '../support/service.ts'

let service: Service
let ids: Ids

beforeAll(async () => {
  service = await openService()
  ids = await seedService(service)
})
afterAll(() => service.close())

test('a run is cancelled, once; a finished one is retried without harm', async () => {
  const { billRunId } = await post<AcceptedBillRun>(
    service,
    '/v1/bill-runs',
    { accountIds: ['usd'], billDate: '2026-05-31' },
    202,
  )
  expect(await post<BillRun>(service, `/v1/bill-runs/${billRunId}/cancel`, undefined, 202)).toMatchObject({
    billRunId,
    status: 'cancelled',
  })
  expectProblem(await service.call('POST', `/v1/bill-runs/${billRunId}/cancel`), 409, 'bill_run_finished')
  const before = await get<BillRun>(service, `/v1/bill-runs/${ids.finishedRun}`)
  expect(await post<BillRun>(service, `/v1/bill-runs/${ids.finishedRun}/retry`, {}, 202)).toEqual(before)
})

test('the events of a run that has ended are its end', async () => {
  expect(await events(service, ids.finishedRun as string)).toEqual([
    await get<BillRun>(service, `/v1/bill-runs/${ids.finishedRun}`),
  ])
})

test('whoever watches a run does not keep the service from stopping', async () => {
  const stopping = await openService({ database: service.database })
  const { billRunId } = await post<AcceptedBillRun>(stopping, '/v1/bill-runs', { billGroup: 'nobody' }, 202)
  const { promise: firstSeen, resolve: onData } = Promise.withResolvers<void>()
  const watched = events(stopping, billRunId, onData)
  await firstSeen
  // The run stays as it is: a service that waited for its end would not stop at all.
  await stopping.close()
  expect(await watched).toMatchObject([{ billRunId, status: 'queued' }])
  await post(service, `/v1/bill-runs/${billRunId}/cancel`, undefined, 202)
})

describe('schedules and keys', () => {
  test('a schedule is set, set otherwise, listed and deleted', async () => {
    const body = { cron: '30 1 * * 1-5', timezone: 'America/New_York', billGroup: 'nobody' }
    const put = (more: object) =>
      service.call<Schedule>('PUT', '/v1/schedules/weekdays', { body: { ...body, ...more } })
    expect((await put({})).body).toMatchObject({ name: 'weekdays', ...body, enabled: true })
    const changed = await put({ enabled: false, cron: '0 3 * * *' })
    expect(changed.status).toBe(200)
    expect(changed.body).toEqual({
      name: 'weekdays',
      ...body,
      cron: '0 3 * * *',
      enabled: false,
      cronInWords: 'Every day at 03:00',
      nextTimes: [],
      lastRun: null,
    })
    const { data } = await get<Page<Schedule>>(service, '/v1/schedules')
    expect(data.filter(({ name }) => name === 'weekdays')).toEqual([changed.body])
    expect((await service.call('DELETE', '/v1/schedules/weekdays')).status).toBe(204)
    expectProblem(await service.call('DELETE', '/v1/schedules/weekdays'), 404, 'schedule_not_found')
  })

  test('a key is shown once, listed without itself, opens what it may until it expires or is revoked', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
    const body = { name: 'feed', scopes: ['read', 'enqueue'], expiresAt }
    const made = await post<{ keyId: string; key: string }>(service, '/v1/keys', body, 201)
    expect(made).toEqual({ keyId: UUID, key: expect.stringMatching(/^nb_[\w-]{43}$/) })
    expect((await service.call('GET', '/v1/accounts', { key: made.key })).status).toBe(200)
    const list = await service.call<Page<object>>('GET', '/v1/keys')
    expect(list.body.data[0]).toEqual({
      keyId: made.keyId,
      ...body,
      createdAt: TIME,
      revokedAt: null,
      lastUsedAt: TIME,
    })
    expect(list.text).not.toContain(made.key)
    for (let index = 0; index < 2; index += 1)
      expect((await service.call('DELETE', `/v1/keys/${made.keyId}`)).status).toBe(204)
    expect((await get<Page<object>>(service, '/v1/keys')).data[0]).toMatchObject({ keyId: made.keyId, revokedAt: TIME })
  })
})

test('who did what, when, with which key and request is kept', async () => {
  const answer = await service.call<Account>('POST', '/v1/accounts', {
    key: service.keys.enqueue,
    body: { accountId: 'audited', name: 'A', currency: 'USD' },
  })
  const entry = await service.db
    .selectFrom('audit_entry')
    .selectAll()
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()
  expect(entry).toMatchObject({
    action: 'account.create',
    subject: 'audited',
    request_id: answer.headers['x-request-id'],
  })
  const credit = await service.call<AcceptedCredit>('POST', '/v1/credits', {
    body: { accountId: 'audited', amount: '1', reason: 'x' },
  })
  const job = await service.db
    .selectFrom('job')
    .selectAll()
    .where('id', '=', credit.body.jobId)
    .executeTakeFirstOrThrow()
  expect(job.request_id).toBe(credit.headers['x-request-id'])
  const { name } = await service.db
    .selectFrom('api_key')
    .select('name')
    .where('id', '=', job.api_key_id)
    .executeTakeFirstOrThrow()
  expect(name).toBe('bootstrap')
})

test('another BOOTSTRAP_API_KEY ends the one before', async () => {
  const other = await openService()
  try {
    const status = async () => (await other.call('GET', '/v1/accounts')).status
    expect(await status()).toBe(200)
    await inTransaction(other.db, (tx) => keepBootstrapKey(tx, 'another-bootstrap-key'))
    await eventually(async () => expect(await status()).toBe(401))
  } finally {
    await other.close()
  }
})

test('migrations that are still to be made are said to be so, and which only in the log', async () => {
  const { rows } = await sql<{ name: string }>`select max(name) as name from schema_migration`.execute(service.db)
  const name = rows[0]?.name
  const one = `where name = '${name}'`
  await execute(service.database.ownerUrl, `update schema_migration set name = '0000-none' ${one}`)
  try {
    const { status, body, text } = await service.call('GET', '/readyz', { key: null })
    expect([status, body]).toEqual([503, { status: 'not ready', database: 'ok', queue: 'ok', migrations: 'pending' }])
    expect(text).not.toContain(name)
    expect(service.logged).toContainEqual(expect.objectContaining({ level: 40, missing: [name] }))
  } finally {
    await execute(service.database.ownerUrl, `update schema_migration set name = '${name}' where name = '0000-none'`)
  }
})

test('health, readiness and metrics', async () => {
  expect(await get(service, '/healthz')).toEqual({ status: 'alive' })
  expect(await get(service, '/readyz')).toEqual({ status: 'ready', database: 'ok', queue: 'ok', migrations: 'ok' })
  const metrics = await service.call('GET', '/metrics')
  expect(metrics.headers['content-type']).toContain('text/plain')
  for (const name of [
    'nightbill_http_request_seconds_bucket',
    'nightbill_to_be_done',
    'nightbill_queue_jobs',
    'nightbill_bill_runs_unfinished 0',
    'nightbill_reconcile_violations',
  ]) {
    expect(metrics.text).toContain(name)
  }
})
