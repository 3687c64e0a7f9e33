import { afterAll, beforeAll, describe, test } from 'vitest'
import { EVERY_CALL, type KnownCall, nameOf } from '../support/every-call.ts'
import { INVALID, openRefusingService, type RefusingService } from '../support/refusing-service.ts'
import { fill } from '../support/seeded-service.ts'

let service: RefusingService

beforeAll(async () => {
  service = await openRefusingService()
})
afterAll(() => service.close())

const WITH_BODY = EVERY_CALL.filter(
  (call): call is KnownCall & Required<Pick<KnownCall, 'body'>> => call.body !== undefined,
)
const textOf = (body: unknown) => JSON.stringify(body)

describe.each(WITH_BODY)('the body of $method $path', (known) => {
  const call = nameOf(known)
  // Ids are filled in before the text is broken, so that nothing else is wrong with it.
  const good = () => fill(textOf(known.body), service.ids)
  const first = Object.keys(known.body)[0] as string
  const twice = (text: string) => text.replace('{', `{${textOf(first)}:${textOf(known.body[first])},`)

  test.each([
    ['no content type', 415, 'unsupported_media_type', good, { 'content-type': '' }],
    ['text/plain', 415, 'unsupported_media_type', good, { 'content-type': 'text/plain' }],
    ['a form', 415, 'unsupported_media_type', () => 'a=1', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['another kind of JSON', 415, 'unsupported_media_type', good, { 'content-type': 'application/jsonp' }],
    ...(known.optional ? [] : ([['empty', 400, 'malformed_body', () => '']] as const)),
    ['white space', 400, 'malformed_body', () => ' \n'],
    ['truncated', 400, 'malformed_body', () => good().slice(0, -1)],
    ['with more after it', 400, 'malformed_body', () => `${good()}{}`],
    ['an array', 400, 'malformed_body', () => `[${good()}]`],
    ['a string', 400, 'malformed_body', () => '"a"'],
    ['a number', 400, 'malformed_body', () => '5'],
    ['null', 400, 'malformed_body', () => 'null'],
    ['true', 400, 'malformed_body', () => 'true'],
    ['not JSON', 400, 'malformed_body', () => good().replaceAll('"', "'")],
    ['the same key twice', 400, 'malformed_body', () => twice(good())],
    [
      'the same key twice, once escaped',
      400,
      'malformed_body',
      () => twice(good()).replace(`"${first[0]}`, `"\\u00${first.charCodeAt(0).toString(16)}`),
    ],
    ['the same key twice further down', 400, 'malformed_body', () => good().replace('{', '{"more":{"a":1,"a":1},')],
    [
      'bad UTF-8',
      400,
      'malformed_body',
      () =>
        Buffer.concat([Buffer.from(good().slice(0, -1)), Buffer.from([0x2c, 0x22, 0xff, 0x22]), Buffer.from(':1}')]),
    ],
    [
      'UTF-8 of a surrogate',
      400,
      'malformed_body',
      () => Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"}')]),
    ],
    [
      'nested ten thousand deep',
      400,
      'malformed_body',
      () => good().replace('{', `{"more":${'['.repeat(10_000)}${']'.repeat(10_000)},`),
    ],
    ['an unknown field', 400, 'invalid_request', () => good().replace('{', '{"notAField":1,'), {}, '/notAField'],
    [
      '__proto__',
      400,
      'invalid_request',
      () => good().replace('{', '{"__proto__":{"scope":"admin"},'),
      {},
      '/__proto__',
    ],
    [
      'constructor',
      400,
      'invalid_request',
      () => good().replace('{', '{"constructor":{"prototype":{}},'),
      {},
      '/constructor',
    ],
    ['too big', 413, 'body_too_large', () => good().replace('{', `{"more":"${'x'.repeat(2_200_000)}",`)],
  ] as [string, number, string, () => string | Buffer, Record<string, string>?, string?][])(
    '%s: %i %s',
    (what, status, code, raw, headers = {}, at = undefined) =>
      service.refuse({ what, call, raw: raw(), headers, status, code, ...(at === undefined ? {} : { at }) }),
  )

  test('a query that it does not take: 400', () =>
    service.refuse({
      what: 'query',
      call: `${call}?dryRun=true`,
      raw: good(),
      status: 400,
      code: 'invalid_request',
      at: '/querystring/dryRun',
    }))
})

/** Values that no field of a type takes. */
const WRONG = {
  string: [5, true, null, [], {}, '', 'a\u0000b', '\ud800', 'x'.repeat(2_001)],
  number: ['5', true, null, [], {}, 1.5, -1, 1e9],
  boolean: ['true', 1, null, [], {}],
  object: ['a', 1, null, true, {}, [], [5], [null], [''], ['\ud800']],
} as Readonly<Record<string, readonly unknown[]>>

const FIELDS = WITH_BODY.flatMap((known) =>
  Object.entries(known.body).flatMap(([field, value]) => [
    ...(WRONG[typeof value] ?? []).map((wrong) => ({
      what: `${field}: ${textOf(wrong).slice(0, 20)}`,
      call: nameOf(known),
      body: { ...known.body, [field]: wrong },
      // A cron or a time zone that is a string of the right length is looked at, and refused for what it says.
      ...(['cron', 'timezone'].includes(field) && typeof wrong === 'string' && wrong.length < 10
        ? { status: 422, code: 'invalid_schedule', at: `/${field}` }
        : { status: 400, code: 'invalid_request' }),
    })),
  ]),
)
const ITEMS = [...Object.entries(WITH_BODY.find(({ path }) => path === '/v1/charges')?.body ?? {})]
  .flatMap(([, items]) => Object.entries((items as readonly Record<string, unknown>[])[0] ?? {}))
  .flatMap(([field, value]) =>
    (WRONG[typeof value] ?? []).map((wrong) => ({
      what: `${field}: ${textOf(wrong).slice(0, 20)}`,
      call: 'POST /v1/charges',
      body: { charges: [{ accountId: 'usd', amount: '1', description: 'x', [field]: wrong }] },
      status: 400,
      code: 'invalid_request',
      at: `/charges/0/${field}`,
    })),
  )
test.each([...FIELDS, ...ITEMS])('$call with $what: $status', (bad) => service.refuse(bad))

const REQUIRED = WITH_BODY.filter(({ optional }) => !optional).flatMap((known) =>
  Object.keys(known.body)
    .filter(
      (field) =>
        ![
          'billGroup',
          'paymentTermsDays',
          'currency',
          'note',
          'reference',
          'automaticDisbursement',
          'reason',
          'accountIds',
          'codes',
          'billDate',
          'name',
          'enabled',
          'expiresAt',
        ].includes(field),
    )
    .map((field) => ({ field, known })),
)
test.each(REQUIRED)('$known.method $known.path without $field: 400', ({ field, known }) => {
  const { [field]: _, ...rest } = known.body
  return service.refuse({
    what: field,
    call: nameOf(known),
    body: rest,
    status: 400,
    code: 'invalid_request',
    at: `/${field}`,
  })
})

/** Bodies of calls that take none. */
const WITHOUT_BODY = EVERY_CALL.filter(({ method, body }) => method !== 'GET' && body === undefined).flatMap(
  (known) => [
    { what: 'a field that it does not take', call: nameOf(known), body: { force: true }, ...INVALID, at: '/force' },
    { what: '__proto__', call: nameOf(known), raw: '{"__proto__":{}}', ...INVALID, at: '/__proto__' },
    { what: 'an array', call: nameOf(known), raw: '[]', status: 400, code: 'malformed_body' },
    {
      what: 'nested ten thousand deep',
      call: nameOf(known),
      raw: `{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
      status: 400,
      code: 'malformed_body',
    },
  ],
)
test.each(WITHOUT_BODY)('$call, $what: $status $code', (bad) => service.refuse(bad))
