import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { expectProblem } from '../support/problem.ts'
import { startProcess, type TestProcess } from '../support/processes.ts'
import { type Call, caller, openService, type Service } from '../support/service.ts'

/** Nothing else in the whole run has this word: where it turns up, something was given away. */
const CANARY = 'canary7f3a9'

let service: Service
let api: TestProcess
let call: Call

beforeAll(async () => {
  service = await openService({ settings: { BOOTSTRAP_API_KEY: `bootstrap-${CANARY}` } })
  api = startProcess(['src/cli.ts', 'api'], { ...service.environment, LOG_LEVEL: 'trace' })
  const line = await api.waitFor(/Nightbill serves at/)
  call = caller(line.replace(/.* at /, '').trim())
})
afterAll(async () => {
  api.signal('SIGTERM')
  await api.exited
  await service.close()
})

type Line = { readonly msg: string; readonly requestId?: string } & Readonly<Record<string, unknown>>

const linesOf = (): readonly Line[] =>
  api.stdout.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Line)

test('no key, note, reason, name or body turns up in the log, at its most talkative', async () => {
  const key = `bootstrap-${CANARY}`
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
  const account = { accountId: 'usd', name: `Name ${CANARY}`, currency: 'USD' }
  const credit = {
    accountId: 'usd',
    amount: '5',
    reason: `Reason ${CANARY}`,
    note: `Note ${CANARY}`,
    reference: `Ref ${CANARY}`,
  }
  const asked = [
    await call('POST', '/v1/accounts', { key, body: account, headers: { 'idempotency-key': `key-${CANARY}` } }),
    await call('POST', '/v1/accounts', {
      key,
      body: { ...account, currency: 'EUR' },
      headers: { 'idempotency-key': `key-${CANARY}` },
    }),
    await call('POST', '/v1/credits', { key, body: credit }),
    await call('POST', '/v1/credits', { key, body: { ...credit, amount: '6' } }),
    await call('POST', '/v1/credits', { key, body: { ...credit, note: CANARY.repeat(500) } }),
    await call('POST', '/v1/credits', { key, body: { ...credit, [CANARY]: CANARY } }),
    await call('POST', '/v1/credits/batch', { key, body: { credits: [credit, { ...credit, amount: CANARY }] } }),
    await call('POST', '/v1/credits', { key, raw: `{"note":"${CANARY}` }),
    await call('POST', '/v1/charges', {
      key,
      body: { charges: [{ accountId: 'usd', amount: '1', description: CANARY, chargedOn: '0000-01-01' }] },
    }),
    await call('POST', '/v1/keys', { key, body: { name: CANARY, scopes: ['read'] } }),
    await call('GET', '/v1/accounts', { key: null, headers: { authorization: `Bearer ${CANARY}` } }),
    await call('GET', '/v1/accounts', { key: null, headers: { authorization: `Token ${CANARY}` } }),
    await call('GET', '/v1/accounts', { key: null, headers: { authorization: basic(`user:${CANARY}`) } }),
    await call('GET', `/v1/accounts?cursor=${CANARY}`, { key, headers: { cookie: CANARY, 'x-api-key': CANARY } }),
    await call('GET', `/v1/nothing?key=${CANARY}`, { key }),
    await call('GET', '/queues', { key: null, headers: { authorization: basic(`user:${key}`) } }),
  ]
  expect(asked.filter(({ status }) => status < 300).length).toBeGreaterThan(4)
  expect(asked.filter(({ status }) => status >= 500)).toEqual([])

  await eventually(() => expect(requestLines()).toHaveLength(asked.length))
  for (const line of [...api.stdout, ...api.stderr]) expect(line).not.toContain(CANARY)
  const encoded = Buffer.from(CANARY).toString('base64').slice(2, 12)
  for (const line of [...api.stdout, ...api.stderr]) expect(line).not.toContain(encoded)
})

const requestLines = () => linesOf().filter(({ msg }) => msg === 'request')

test('a request has one line, with its id, what was asked, what was answered, and the id of the key', async () => {
  const key = await service.db.selectFrom('api_key').select('id').where('name', '=', 'read').executeTakeFirstOrThrow()
  const answer = await call('GET', '/v1/credits/019ac0de-0000-7000-8000-0000000000ff', { key: service.keys.read })
  const id = answer.headers['x-request-id'] as string
  expect(id).toMatch(/^[0-9a-f-]{36}$/)
  const lines = await eventually(() => {
    const found = linesOf().filter(({ requestId, reqId }) => requestId === id || reqId === id)
    expect(found).not.toEqual([])
    return found
  })
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatchObject({
    level: 30,
    name: 'api',
    requestId: id,
    method: 'GET',
    route: '/v1/credits/:creditId',
    params: { creditId: '019ac0de-0000-7000-8000-0000000000ff' },
    status: 404,
    keyId: key.id,
    ms: expect.any(Number),
    msg: 'request',
  })
})

test('two requests have two ids, whatever the caller sends', async () => {
  const headers = { 'x-request-id': 'mine', 'request-id': 'mine' }
  const ids = await Promise.all(
    [1, 2].map(async () => (await call('GET', '/healthz', { headers })).headers['x-request-id']),
  )
  expect(new Set([...ids, 'mine']).size).toBe(3)
})

test('the dashboard of the queues needs the scope operate, as Bearer or as the password of any user', async () => {
  const basic = (key: string) => ({
    key: null,
    headers: { authorization: `Basic ${Buffer.from(`me:${key}`).toString('base64')}` },
  })
  for (const path of ['/queues', '/queues/', '/queues/api/queues', '/queues/queue/credit', '/queues/api/redis/stats']) {
    const anybody = await call('GET', path, { key: null })
    expectProblem(anybody, 401, 'unauthenticated')
    expect(anybody.headers['www-authenticate']).toBe('Basic realm="nightbill", charset="UTF-8"')
    for (const scope of ['enqueue', 'read', 'admin'] as const) {
      expectProblem(await call('GET', path, { key: service.keys[scope] }), 403, 'missing_scope')
      expectProblem(await call('GET', path, basic(service.keys[scope])), 403, 'missing_scope')
    }
    expectProblem(await call('GET', path, basic('nb_unknown')), 401, 'unauthenticated')
    expect((await call('GET', path, { key: service.keys.operate })).status, path).toBeLessThan(400)
    expect((await call('GET', path, basic(service.keys.operate))).status, path).toBeLessThan(400)
  }
  const { body } = await call<{ queues: { name: string; readOnlyMode: boolean }[] }>('GET', '/queues/api/queues', {
    key: service.keys.operate,
  })
  expect(body.queues.map(({ name }) => name).toSorted()).toEqual([
    'bill-batch',
    'bill-run',
    'credit',
    'reversal',
    'schedule-tick',
  ])
  expect(body.queues.every(({ readOnlyMode }) => readOnlyMode)).toBe(true)
})

test.each(['/queues', '/queues/queue/credit', '/docs'])(
  'the page %s lets a browser load nothing from elsewhere, nor show it in a frame of another site',
  async (path) => {
    const { status, headers } = await call('GET', path, { key: service.keys.operate })
    expect(status).toBe(200)
    const policy = String(headers['content-security-policy']).split(';')
    const sources = new Map(policy.map((line) => line.split(' ')).map(([name, ...from]) => [name, from]))
    expect(sources.get('default-src')).toEqual(["'self'"])
    expect(sources.get('frame-ancestors')).toEqual(["'self'"])
    expect(sources.has('upgrade-insecure-requests')).toBe(false)
    for (const from of [...sources.values()].flat()) expect(from).toMatch(/^('self'|'none'|'unsafe-inline'|data:)$/)
  },
)

test('the dashboard takes no writes: 405', async () => {
  const waiting = await service.queues.of('credit').getJobs(['waiting'])
  const jobId = waiting[0]?.id as string
  expect(jobId).toBeTruthy()
  for (const [method, path, body] of [
    ['PUT', '/queues/api/queues/credit/pause'],
    ['PUT', '/queues/api/queues/credit/resume'],
    ['PUT', '/queues/api/queues/credit/empty'],
    ['PUT', '/queues/api/queues/credit/promote'],
    ['PUT', '/queues/api/queues/credit/obliterate'],
    ['PUT', '/queues/api/queues/credit/clean/waiting'],
    ['PUT', '/queues/api/queues/credit/retry/failed'],
    ['PUT', '/queues/api/queues/credit/concurrency', { concurrency: 1 }],
    ['PUT', '/queues/api/queues/credit/rate-limit', { max: 1, duration: 1 }],
    ['POST', '/queues/api/queues/credit/add', { name: 'credit', data: {}, options: {} }],
    ['PUT', `/queues/api/queues/credit/${jobId}/clean`],
    ['PUT', `/queues/api/queues/credit/${jobId}/retry`],
    ['PUT', `/queues/api/queues/credit/${jobId}/promote`],
    ['PATCH', `/queues/api/queues/credit/${jobId}/update-data`, { jobData: {} }],
  ] as const) {
    const answer = await call(method, path, { key: service.keys.operate, body: body ?? {} })
    expect([path, answer.status]).toEqual([path, 405])
  }
  // Of all queues at once it pauses those that are not read-only: none.
  await call('PUT', '/queues/api/queues/pause', { key: service.keys.operate })
  expect(await service.queues.of('credit').isPaused()).toBe(false)
  expect((await service.queues.of('credit').getJobs(['waiting'])).map(({ id }) => id)).toEqual(
    waiting.map(({ id }) => id),
  )
})
