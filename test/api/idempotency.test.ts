import { createHash } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AcceptedCredit } from '../../src/api/types.ts'
import { countOf } from '../support/count-of.ts'
import { execute } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { EVERY_CALL } from '../support/every-call.ts'
import { expectProblem } from '../support/problem.ts'
import { fill, fingerprint, type Ids, seedService } from '../support/seeded-service.ts'
import { openService, type Service } from '../support/service.ts'

let service: Service
let ids: Ids

beforeAll(async () => {
  service = await openService()
  ids = await seedService(service)
  const { body } = await service.call<{ billRunId: string }>('POST', '/v1/bill-runs', { body: { billGroup: 'nobody' } })
  ids = { ...ids, openRun: body.billRunId }
})
afterAll(() => service.close())

const POSTS = EVERY_CALL.filter(({ method }) => method === 'POST')

function post(path: string, key: string, body: object | undefined, on: Service = service) {
  const sent = body ? { raw: fill(JSON.stringify(body), ids) } : {}
  return on.call<Record<string, unknown>>('POST', fill(path, ids), { ...sent, headers: { 'idempotency-key': key } })
}

/** Written by none, so kept for none: a preview is worked out anew each time. */
const KEPT = POSTS.filter(({ path }) => path !== '/v1/bill-runs/preview')

describe.each(KEPT)('$method $path', ({ path, at, body }) => {
  const key = `key of ${path}`.replaceAll(' ', '-')

  test('the same request again has the same answer, says so, and changes nothing', async () => {
    const first = await post(at, key, body)
    expect(first.status).toBeLessThan(300)
    expect(first.headers['idempotent-replayed']).toBeUndefined()
    const after = await fingerprint(service.db)
    for (let index = 0; index < 2; index += 1) {
      const again = await post(at, key, body)
      expect(again.status).toBe(first.status)
      expect(again.headers.location).toBe(first.headers.location)
      expect(again.headers['content-type']).toBe(first.headers['content-type'])
      expect(again.headers['idempotent-replayed']).toBe('true')
      // A key and a session's token are shown once: a replay names them without showing them.
      if (path === '/v1/sessions') expect(again.body).toEqual({ ...first.body, token: null })
      else if (path === '/v1/keys') expect(again.body).toEqual({ ...first.body, key: null })
      else expect(again.text).toBe(first.text)
    }
    expect(await fingerprint(service.db)).toEqual(after)
  })

  test('with another body, or at another address, it is refused', async () => {
    const before = await fingerprint(service.db)
    const other = path === '/v1/accounts' ? { accountId: 'one', name: 'One', currency: 'USD' } : undefined
    expectProblem(
      await post('/v1/accounts', key, other ?? { accountId: 'two', name: 'Two', currency: 'EUR' }),
      422,
      'idempotency_key_reused',
    )
    expect(await fingerprint(service.db)).toEqual(before)
  })
})

describe('what counts is the content, not its spelling', () => {
  const headers = (key: string) => ({ 'content-type': 'application/json', 'idempotency-key': key })
  const said = (path: string, key: string, raw: string) =>
    service.call('POST', fill(path, ids), { raw, headers: headers(key) })

  test.each([
    [
      'white space',
      '/v1/credits',
      '{"accountId":"usd","amount":"1","reason":"x"}',
      '{ "accountId" : "usd",\n"amount":"1","reason":"x"}',
    ],
    [
      'the order of fields',
      '/v1/credits',
      '{"accountId":"usd","amount":"1","reason":"x"}',
      '{"reason":"x","amount":"1","accountId":"usd"}',
    ],
    [
      'the order of fields further in',
      '/v1/charges',
      '{"charges":[{"accountId":"usd","amount":"1","description":"x"}]}',
      '{"charges":[{"description":"x","amount":"1","accountId":"usd"}]}',
    ],
    [
      'an escaped letter',
      '/v1/credits',
      '{"accountId":"usd","amount":"1","reason":"x"}',
      '{"accountId":"usd","amount":"1","reason":"\\u0078"}',
    ],
    [
      'a whole number with a point',
      '/v1/accounts',
      '{"accountId":"spelled","name":"S","currency":"USD","paymentTermsDays":14}',
      '{"accountId":"spelled","name":"S","currency":"USD","paymentTermsDays":14.0}',
    ],
    ['an empty body', '/v1/bill-runs/{finishedRun}/retry', '{}', ''],
    ['an empty body', '/v1/credits/{issued}/reversal', '{}', ''],
  ])('%s makes no other request: %s', async (what, path, first, again) => {
    const key = `spelled-${what}-${path}`.replaceAll(' ', '-')
    const answer = await said(path, key, first)
    expect(answer.status).toBeLessThan(300)
    const repeated = await said(path, key, again)
    expect([repeated.text, repeated.headers['idempotent-replayed']]).toEqual([answer.text, 'true'])
  })

  test.each([
    [
      'how an amount is written',
      '{"accountId":"usd","amount":"1","reason":"x"}',
      '{"accountId":"usd","amount":"1.00","reason":"x"}',
    ],
    ['the order of a list', '{"accountIds":["usd","other"]}', '{"accountIds":["other","usd"]}'],
    ['a field more', '{"accountIds":["usd"],"name":"usd"}', '{"accountIds":["usd"]}'],
  ])('%s does', async (what, first, other) => {
    const path = first.includes('accountIds') ? '/v1/bill-runs' : '/v1/credits'
    const key = `content-${what}`.replaceAll(' ', '-')
    expect((await said(path, key, first)).status).toBe(202)
    expectProblem(await said(path, key, other), 422, 'idempotency_key_reused')
  })

  test('a record that an earlier version left, by the spelling, is a record still', async () => {
    const raw = '{"reason":"earlier","amount":"1","accountId":"usd"}'
    const first = await said('/v1/credits', 'earlier', raw)
    const hash = createHash('sha256').update(`/v1/credits\n${raw}`).digest('hex')
    const spelled = `update idempotency_record set request_hash = '\\x${hash}' where key = 'earlier'`
    await execute(service.database.ownerUrl, spelled)
    expect((await said('/v1/credits', 'earlier', raw)).text).toBe(first.text)
  })
})

test('a key belongs to the API key that it came with', async () => {
  const send = (key: string) =>
    service.call<AcceptedCredit>('POST', '/v1/credits', {
      key,
      body: { accountId: 'usd', amount: '1', reason: 'x' },
      headers: { 'idempotency-key': 'of-two' },
    })
  const another = await service.call<{ key: string }>('POST', '/v1/keys', { body: { name: 'b', scopes: ['enqueue'] } })
  const [one, two] = [await send(service.keys.enqueue), await send(another.body.key)]
  expect([one.status, two.status]).toEqual([202, 202])
  expect(one.body.creditId).not.toBe(two.body.creditId)
  expect((await send(service.keys.enqueue)).body).toEqual(one.body)
})

describe('fifty of one request at once have one effect', () => {
  const fifty = async (path: string, key: string, body: object) =>
    await Promise.all(Array.from({ length: 50 }, () => post(path, key, body)))

  test.each([
    ['/v1/credits', { accountId: 'usd', amount: '2', reason: 'Fifty' }, 'job', 1],
    ['/v1/credits/batch', { credits: Array(3).fill({ accountId: 'usd', amount: '2', reason: 'Fifty' }) }, 'job', 3],
    ['/v1/charges', { charges: [{ accountId: 'usd', amount: '2', description: 'Fifty' }] }, 'charge', 1],
    ['/v1/accounts', { accountId: 'fifty', name: 'Fifty', currency: 'USD' }, 'account', 1],
    ['/v1/bill-runs', { billGroup: 'nobody', name: 'Fifty' }, 'bill_run', 1],
    ['/v1/credits/{issued}/disbursements', { invoiceId: '{invoice}', amount: '0.5' }, 'disbursement', 1],
    ['/v1/keys', { name: 'Fifty', scopes: ['read'] }, 'api_key', 1],
  ] as const)('%s', async (path, body, table, rows) => {
    const before = await countOf(service.db, table)
    const answers = await fifty(path, `fifty-${table}-${rows}`, body)
    const done = answers.filter(({ status }) => status < 300)
    for (const other of answers.filter(({ status }) => status >= 300)) {
      expectProblem(other, 409, 'request_in_flight')
      expect(other.headers['retry-after']).toBe('1')
    }
    expect(done.filter(({ headers }) => headers['idempotent-replayed'] === undefined)).toHaveLength(1)
    expect(new Set(done.map(({ body }) => JSON.stringify({ ...body, key: null }))).size).toBe(1)
    expect(await countOf(service.db, table)).toBe(before + rows)
  })
})

const WAITING = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"

test('while the first is being carried out, the second is told to wait; afterwards it has the answer', async () => {
  const holder = new pg.Client({ connectionString: service.database.ownerUrl })
  await holder.connect()
  try {
    await holder.query("begin; select from account where key = 'usd' for update")
    const send = () => post('/v1/credits/{issued}/disbursements', 'slow', { invoiceId: '{invoice}', amount: '0.25' })
    const first = send()
    await eventually(async () => (await holder.query(WAITING)).rows.length > 0)
    const second = await send()
    expectProblem(second, 409, 'request_in_flight')
    expect(second.headers['retry-after']).toBe('1')
    await holder.query('commit')
    expect((await first).status).toBe(201)
    const third = await send()
    expect(third.headers['idempotent-replayed']).toBe('true')
    expect(third.text).toBe((await first).text)
  } finally {
    await holder.end()
  }
})

test('a refusal is not remembered: the same request succeeds once the cause is mended', async () => {
  const send = () => post('/v1/credits', 'refused', { accountId: 'late', amount: '1', reason: 'x' })
  expectProblem(await send(), 404, 'account_not_found')
  expectProblem(await send(), 404, 'account_not_found')
  await service.call('POST', '/v1/accounts', { body: { accountId: 'late', name: 'Late', currency: 'USD' } })
  const done = await send()
  expect(done.status).toBe(202)
  expect(done.headers['idempotent-replayed']).toBeUndefined()
})

test('a body that is not valid leaves no trace either', async () => {
  expectProblem(await post('/v1/credits', 'invalid', { accountId: 'usd' }), 400, 'invalid_request')
  expect((await post('/v1/credits', 'invalid', { accountId: 'usd', amount: '1', reason: 'x' })).status).toBe(202)
})

test('a restart keeps it', async () => {
  const body = { accountId: 'usd', amount: '9', reason: 'Before the restart' }
  const first = await post('/v1/credits', 'restart', body)
  const restarted = await openService({ database: service.database })
  try {
    const again = await post('/v1/credits', 'restart', body, restarted)
    expect(again.headers['idempotent-replayed']).toBe('true')
    expect(again.text).toBe(first.text)
  } finally {
    await restarted.close()
  }
})
