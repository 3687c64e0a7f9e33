import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectNoErrors, type LogLine } from '../support/captured-log.ts'
import { eventually } from '../support/eventually.ts'
import { EVERY_CALL, nameOf } from '../support/every-call.ts'
import { fill, type Ids, seedService } from '../support/seeded-service.ts'
import { type Answer, type CallOptions, openService, type Service } from '../support/service.ts'

let service: Service
let ids: Ids

beforeAll(async () => {
  service = await openService()
  const seeded = await seedService(service)
  const { body } = await service.call<{ billRunId: string }>('POST', '/v1/bill-runs', { body: { billGroup: 'nobody' } })
  ids = { ...seeded, openRun: body.billRunId }
})
afterAll(() => service.close())

/** The one line that was logged of an answer. */
async function lineOf({ headers }: Answer<unknown>): Promise<LogLine> {
  const of = () => service.logged.filter(({ requestId }) => requestId === headers['x-request-id'])
  await eventually(() => of().length > 0)
  expect(of()).toHaveLength(1)
  return of()[0] as LogLine
}

/** How often each `METHOD route status` was counted. */
async function counted(): Promise<Readonly<Record<string, number>>> {
  const { text } = await service.call('GET', '/metrics')
  const lines = text.matchAll(
    /^nightbill_http_request_seconds_count\{method="(\w+)",route="([^"]+)",status="(\d+)"\} (\d+)$/gm,
  )
  return Object.fromEntries(
    [...lines].map(([, method, route, status, n]) => [`${method} ${route} ${status}`, Number(n)]),
  )
}

/** Expects that log and metrics say of an answer what its caller was told. */
async function expectAgreed(ask: () => Promise<Answer<unknown>>): Promise<Answer<unknown>> {
  const before = await counted()
  const answer = await ask()
  const line = await lineOf(answer)
  expect(line).toMatchObject({ level: 30, status: answer.status })
  const key = `${line.method} ${line.route ?? 'none'} ${answer.status}`
  const after = await counted()
  const grown = Object.keys(after).filter((one) => after[one] !== before[one] && one !== 'GET /metrics 200')
  if (line.route !== '/metrics') expect(grown).toEqual([key])
  return answer
}

test.each(EVERY_CALL.map((call) => ({ name: nameOf(call), ...call })))(
  '$name: answer, log and metric have one status, a success',
  async ({ method, at, body }) => {
    const raw = body === undefined ? {} : { raw: fill(JSON.stringify(body), ids) }
    const { status, text } = await expectAgreed(() => service.call(method, fill(at, ids), raw))
    expect(status, text).toBeLessThan(300)
    expectNoErrors(service.logged)
  },
)

test.each<[string, string, CallOptions, number]>([
  ['GET', '/healthz', {}, 200],
  ['GET', '/readyz', {}, 200],
  ['GET', '/metrics', {}, 200],
  ['GET', '/openapi.json', {}, 200],
  ['GET', '/docs', {}, 200],
  ['GET', '/docs/json', {}, 200],
  ['GET', '/queues', {}, 200],
  ['GET', '/queues/api/queues', {}, 200],
  ['HEAD', '/v1/accounts', {}, 200],
  ['POST', '/v1/accounts', { body: {} }, 400],
  ['GET', '/v1/accounts', { key: null }, 401],
  ['GET', '/queues', { key: null }, 401],
  ['GET', '/v1/accounts/nobody', {}, 404],
  ['GET', '/nothing', {}, 404],
  ['DELETE', '/v1/accounts', {}, 405],
])('%s %s: answer, log and metric have one status', async (method, path, options, status) => {
  expect(await expectAgreed(() => service.call(method, path, options))).toMatchObject({ status })
  expectNoErrors(service.logged)
})

test('so it is under load: hundreds of writes at once', async () => {
  const before = await counted()
  const asked = Array.from({ length: 300 }, (_, index) => [
    service.call('POST', '/v1/credits', { body: { accountId: 'usd', amount: '1', reason: `Load ${index}` } }),
    service.call('POST', '/v1/charges', {
      body: { charges: [{ accountId: 'usd', amount: '1', description: 'Load' }] },
    }),
    service.call('POST', '/v1/accounts', { body: { accountId: `load-${index}`, name: 'Load', currency: 'USD' } }),
  ])
  const answers = await Promise.all(asked.flat())
  const statusOf = new Map(answers.map(({ headers, status }) => [headers['x-request-id'], status]))
  expect(answers.filter(({ status }) => status >= 300)).toEqual([])
  const lines = await eventually(() => {
    const found = service.logged.filter(({ requestId }) => statusOf.has(requestId as string))
    expect(found).toHaveLength(answers.length)
    return found
  })
  for (const { requestId, status } of lines) expect(status).toBe(statusOf.get(requestId as string))
  const after = await counted()
  for (const [name, status] of [
    ['/v1/credits', 202],
    ['/v1/charges', 201],
    ['/v1/accounts', 201],
  ] as const) {
    const key = `POST ${name} ${status}`
    expect([key, (after[key] ?? 0) - (before[key] ?? 0)]).toEqual([key, 300])
  }
  expectNoErrors(service.logged)
})
