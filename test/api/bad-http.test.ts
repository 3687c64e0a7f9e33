import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EVERY_CALL, nameOf } from '../support/every-call.ts'
import { expectProblem } from '../support/problem.ts'
import { type BadCall, INVALID, openRefusingService, type RefusingService } from '../support/refusing-service.ts'
import { fingerprint } from '../support/seeded-service.ts'
import { BOOTSTRAP_KEY, openService } from '../support/service.ts'

let service: RefusingService

beforeAll(async () => {
  service = await openRefusingService()
})
afterAll(() => service.close())

const BAD_ADDRESSES: readonly BadCall[] = [
  // Queries
  ...EVERY_CALL.filter(({ method }) => method === 'GET').map(({ at }) => ({
    what: 'an unknown query field',
    call: `GET ${at}${at.includes('?') ? '&' : '?'}offset=1`,
    ...INVALID,
    at: '/querystring/offset',
  })),
  ...EVERY_CALL.filter(({ method }) => method !== 'GET').map((known) => ({
    what: 'an unknown query field',
    call: `${nameOf(known)}?offset=1`,
    ...(known.body ? { body: known.body } : {}),
    ...INVALID,
    at: '/querystring/offset',
  })),
  ...[
    '/v1/accounts',
    '/v1/credits',
    '/v1/credits/{issued}/unpaid-invoices',
    '/v1/credits/{issued}/disbursements',
    '/v1/bill-runs',
    '/v1/bill-runs/{finishedRun}/failures',
    '/v1/invoices',
    '/v1/invoices/{invoice}/transactions',
    '/v1/schedules',
    '/v1/keys',
  ].flatMap((list) => [
    ...['0', '-1', '501', '1.5', '1e2', '', 'ten', '05', '%2B5', '5&limit=5'].map((limit) => ({
      what: `limit=${limit}`,
      call: `GET ${list}?limit=${limit}`,
      ...INVALID,
      at: '/querystring/limit',
    })),
    ...['', 'x', '!!!!', '%00', 'bm90IGl0', Buffer.from("' or 1=1 --").toString('base64url')].map((cursor) => ({
      what: `cursor=${cursor}`,
      call: `GET ${list}?cursor=${cursor}`,
      status: 400,
      // Seven letters in base64url are a schedule's name as well as anything.
      code: 'invalid_cursor',
      at: '/querystring/cursor',
    })),
    { what: 'a cursor too long', call: `GET ${list}?cursor=${'A'.repeat(201)}`, ...INVALID, at: '/querystring/cursor' },
  ]),
  { what: 'an unknown status', call: 'GET /v1/credits?status=lost', ...INVALID, at: '/querystring/status' },
  {
    what: 'an account id of no form',
    call: 'GET /v1/credits?accountId=a%20b',
    ...INVALID,
    at: '/querystring/accountId',
  },
  { what: 'an unknown account', call: 'GET /v1/credits?accountId=nobody', status: 404, code: 'account_not_found' },
  { what: 'an unknown status', call: 'GET /v1/invoices?status=lost', ...INVALID, at: '/querystring/status' },
  { what: 'an unknown account', call: 'GET /v1/invoices?accountId=nobody', status: 404, code: 'account_not_found' },
  { what: 'a run that is no id', call: 'GET /v1/invoices?billRunId=1', ...INVALID, at: '/querystring/billRunId' },
  ...['0', '-1', '1.5', 'x', '9999999999999999'].map((number) => ({
    what: `number=${number}`,
    call: `GET /v1/invoices?number=${number}`,
    ...INVALID,
    at: '/querystring/number',
  })),
  { what: 'a group of no form', call: 'GET /v1/accounts?billGroup=a%20b', ...INVALID, at: '/querystring/billGroup' },

  // Addresses
  ...['1', 'x'.repeat(36), '019AC0DE-0000-7000-8000-000000000001', '%00', "'", '..%2f..'].flatMap((id) =>
    // An invoice is found by its number too.
    ['credits', 'jobs', ...(id === '1' ? [] : ['invoices']), 'bill-runs'].map((kind) => ({
      what: `the id ${id}`,
      call: `GET /v1/${kind}/${id}`,
      ...INVALID,
    })),
  ),
  { what: 'an account id of no form', call: 'GET /v1/accounts/a%20b', ...INVALID, at: '/params/accountId' },
  { what: 'an unknown route', call: 'GET /v1/nothing', status: 404, code: 'route_not_found' },
  { what: 'an unknown route', call: 'POST /v2/credits', body: {}, status: 404, code: 'route_not_found' },
  { what: 'an unknown route', call: 'GET /nothing', status: 404, code: 'route_not_found' },
]
test.each(BAD_ADDRESSES)('$call, $what: $status $code', (bad) => service.refuse(bad))

test.each(['/v1/accounts/%zz', `/v1/accounts/${'x'.repeat(5_000)}`])(
  'an address that cannot be read, %#: 400',
  async (path) => {
    const answer = await service.call('GET', path)
    expect(answer.status).toBe(400)
    expect(answer.headers['content-type']).toBe('application/problem+json')
    expect(answer.body).toMatchObject({ type: '/problems/invalid_request', code: 'invalid_request' })
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  },
)

describe('the method', () => {
  test.each([...new Set(EVERY_CALL.map(({ path }) => path))])('%s names the methods that it takes', async (path) => {
    const takes = EVERY_CALL.filter((call) => call.path === path).map(({ method }) => method as string)
    const allowed = takes.includes('GET') ? [...takes, 'HEAD'] : takes
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'].filter(
      (one) => !allowed.includes(one),
    )) {
      const raw = ['POST', 'PUT', 'PATCH'].includes(method) ? { raw: 'not even JSON' } : {}
      const answer = await service.call(method, path.replaceAll(/\{\w+\}/g, 'x'), raw)
      expectProblem(answer, 405, 'method_not_allowed')
      expect(answer.headers.allow?.split(', ').toSorted()).toEqual(allowed.toSorted())
    }
    await service.expectUnchanged()
  })

  test('/healthz takes no POST: 405', async () => {
    const answer = await service.call('POST', '/healthz')
    expectProblem(answer, 405, 'method_not_allowed')
    expect(answer.headers.allow).toBe('GET, HEAD')
  })
})

describe('the Idempotency-Key', () => {
  const POSTS = EVERY_CALL.filter(({ method }) => method === 'POST')
  const KEYS = {
    empty: '',
    'over 255 long': 'k'.repeat(256),
    'with a space': 'a b',
    'with a tab': 'a\tb',
    'not ASCII': 'clé',
    'two of them': 'a, b',
  }

  test.each(POSTS)('of $method $path: what is not 1 to 255 visible ASCII characters is refused', async (known) => {
    for (const [what, key] of Object.entries(KEYS)) {
      const body = known.body ? { body: known.body } : {}
      const bad = {
        call: nameOf(known),
        ...body,
        headers: { 'idempotency-key': key },
        status: 400,
        code: 'invalid_idempotency_key',
      }
      await service.refuse({ what, ...bad, at: '/headers/idempotency-key' })
    }
  })

  test('with a control character is refused, whoever notices it first', async () => {
    const body = '{"accountId":"new","name":"New","currency":"USD"}'
    for (const character of ['\u0000', '\u0001', '\u001b', '\u007f']) {
      const answer = readAnswer(
        await service.send(`${head(body.length, `idempotency-key: a${character}b\r\n`)}${body}`),
      )
      expect(['invalid_request', 'invalid_idempotency_key']).toContain(answer.body?.code)
      expectProblem(answer, 400, answer.body?.code, { errors: false })
    }
    await service.expectUnchanged()
  })
})

describe('what comes over the wire', () => {
  test.each([
    ['a body cut off', `${head(1_000)}{"accountId":`],
    ['no HTTP at all', 'hello\r\n\r\n'],
    ['a header without end', `GET /v1/accounts HTTP/1.1\r\nx: ${'x'.repeat(100_000)}`],
    ['two lengths', `${head(2, 'content-length: 3\r\n')}{}`],
    ['a length that is none', `${head(Number.NaN)}{}`],
  ])('%s: 400, and the connection is closed', async (_, bytes) => {
    const answer = readAnswer(await service.send(bytes))
    expectProblem(answer, 400, 'invalid_request', { errors: false })
    await service.expectUnchanged()
  })
})

function head(length: number, more = ''): string {
  const lines = ['POST /v1/accounts HTTP/1.1', 'host: x', `authorization: Bearer ${BOOTSTRAP_KEY}`, 'connection: close']
  return `${[...lines, 'content-type: application/json', `content-length: ${length}`].join('\r\n')}\r\n${more}\r\n`
}

function readAnswer(text: string) {
  const [head = '', body = ''] = text.split('\r\n\r\n')
  const [first = '', ...lines] = head.split('\r\n')
  const headers = Object.fromEntries(lines.map((line) => line.split(': ', 2)))
  return { status: Number(first.split(' ')[1]), headers, body: body === '' ? undefined : JSON.parse(body), text }
}

test('a request too many within a minute: 429, and when to try again', async () => {
  const limited = await openService({ database: service.database, settings: { RATE_LIMIT_PER_MINUTE: '5' } })
  try {
    const unchanged = await fingerprint(service.db)
    for (let index = 0; index < 5; index += 1) {
      expect((await limited.call('GET', '/v1/accounts', { key: limited.keys.read })).status).toBe(200)
    }
    const refused = await limited.call('GET', '/v1/accounts', { key: limited.keys.read })
    expectProblem(refused, 429, 'too_many_requests')
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    // It is the key that is limited, and nobody else.
    expect((await limited.call('GET', '/v1/accounts')).status).toBe(200)
    expect(await fingerprint(service.db)).toEqual(unchanged)
  } finally {
    await limited.close()
  }
})
