import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EVERY_CALL, nameOf } from '../support/every-call.ts'
import { expectProblem } from '../support/problem.ts'
import { openRefusingService, type RefusingService } from '../support/refusing-service.ts'

// What a browser may do with this service: what its own pages ask for, and nothing that another site makes it ask for.

let service: RefusingService

beforeAll(async () => {
  service = await openRefusingService()
})
afterAll(() => service.close())

const WRITES = EVERY_CALL.filter(({ method }) => method !== 'GET')
const FROM_ELSEWHERE = [
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
  { origin: 'https://elsewhere.example' },
  { origin: 'null' },
  { origin: 'no address' },
  // Another port is another site's page as well.
  { origin: 'http://127.0.0.1:1' },
]

describe.each(WRITES.map((call) => ({ name: nameOf(call), body: call.body })))('$name', ({ name, body }) => {
  test.each(FROM_ELSEWHERE)('from another site is refused: %o', async (headers) => {
    const sent = body === undefined ? {} : { body }
    await service.refuse({ what: '', call: name, ...sent, headers, status: 403, code: 'cross_site_request' })
  })
})

test.each([
  {},
  { 'sec-fetch-site': 'same-origin' },
  { 'sec-fetch-site': 'none' },
  // Where a browser says itself that it is its own page, a proxy may have changed the host.
  { 'sec-fetch-site': 'same-origin', origin: 'https://bills.example' },
])('a write without a body and without its type goes on to work: %o', async (headers) => {
  const { billRunId } = (
    await service.call<{ billRunId: string }>('POST', '/v1/bill-runs', { body: { billGroup: 'nobody' } })
  ).body
  const answer = await service.call('POST', `/v1/bill-runs/${billRunId}/cancel`, { headers })
  expect(answer.status).toBe(202)
})

test('so does one of an own page in a browser that says only where it comes from', async () => {
  const { billRunId } = (
    await service.call<{ billRunId: string }>('POST', '/v1/bill-runs', { body: { billGroup: 'nobody' } })
  ).body
  const headers = { origin: service.url }
  expect((await service.call('POST', `/v1/bill-runs/${billRunId}/cancel`, { headers })).status).toBe(202)
})

test('reading from another site is not refused for it: a link may lead here', async () => {
  for (const path of ['/docs', '/healthz', '/queues']) {
    const headers = { 'sec-fetch-site': 'cross-site' }
    expect((await service.call('GET', path, { key: service.keys.operate, headers })).status, path).toBe(200)
  }
})

test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
  'what a form can send without asking is not taken: %s',
  async (type) => {
    for (const raw of ['', '{"reason":"x"}']) {
      const headers = { 'content-type': type }
      const answer = await service.call('POST', `/v1/bill-runs/${service.ids.openRun}/cancel`, { raw, headers })
      expectProblem(answer, 415, 'unsupported_media_type')
    }
  },
)

describe('a key as a password', () => {
  const basic = () => ({
    key: null,
    headers: { authorization: `Basic ${Buffer.from(`me:${service.keys.operate}`).toString('base64')}` },
  })

  test.each(EVERY_CALL.map((call) => ({ name: nameOf(call), ...call })))(
    'does not open $name',
    async ({ method, path }) => {
      const answer = await service.call(method, path.replaceAll(/\{\w+\}/g, 'x'), basic())
      const { detail } = expectProblem(answer, 401, 'unauthenticated')
      expect(detail).toContain('Bearer')
      expect(answer.headers['www-authenticate']).toBe('Bearer')
    },
  )

  test('opens the dashboard alone', async () => {
    expect((await service.call('GET', '/queues', basic())).status).toBe(200)
  })

  test('changes nothing there for another site', async () => {
    const { key, headers } = basic()
    const answer = await service.call('PUT', '/queues/api/queues/pause', {
      key,
      headers: { ...headers, 'sec-fetch-site': 'cross-site' },
    })
    expectProblem(answer, 403, 'cross_site_request')
  })
})
