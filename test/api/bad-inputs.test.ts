import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EVERY_CALL, type KnownCall } from '../support/every-call.ts'
import { fill, fingerprint, furnish, type Ids } from '../support/furnished.ts'
import { expectProblem } from '../support/problem.ts'
import { BOOTSTRAP_KEY, type CallOptions, openService, type Service } from '../support/service.ts'

type Case = {
  readonly what: string
  /** `METHOD /path`, with the names of ids in braces. */
  readonly call: string
  readonly body?: unknown
  readonly raw?: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
  readonly status: number
  readonly code: string
  /** Where the answer says that it is wrong. */
  readonly at?: string
}

let service: Service
let ids: Ids
let before: Readonly<Record<string, string>>

beforeAll(async () => {
  service = await openService()
  ids = await furnish(service)
  const { body } = await service.call<{ billRunId: string }>('POST', '/v1/bill-runs', { body: { billGroup: 'nobody' } })
  ids = { ...ids, openRun: body.billRunId }
  before = await fingerprint(service.db)
})
afterAll(() => service.close())

async function refuse({ call, body, raw, headers = {}, status, code, at }: Case): Promise<void> {
  const [method = '', path = ''] = call.split(' ')
  const filled = raw ?? (body === undefined ? undefined : fill(JSON.stringify(body), ids))
  const options: CallOptions = filled === undefined ? { headers } : { raw: filled, headers }
  const problem = expectProblem(await service.call(method, fill(path, ids), options), status, code)
  if (at !== undefined) expect(problem.errors?.map(({ pointer }) => pointer)).toContain(at)
  expect(await fingerprint(service.db)).toEqual(before)
}

const WITH_BODY = EVERY_CALL.filter(
  (call): call is KnownCall & Required<Pick<KnownCall, 'body'>> => call.body !== undefined,
)
const nameOf = ({ method, at }: KnownCall) => `${method} ${at}`
const textOf = (body: unknown) => JSON.stringify(body)

describe.each(WITH_BODY)('the body of $method $path', (known) => {
  const call = nameOf(known)
  // Ids are filled in before the text is broken, so that nothing else is wrong with it.
  const good = () => fill(textOf(known.body), ids)
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
      refuse({ what, call, raw: raw(), headers, status, code, ...(at === undefined ? {} : { at }) }),
  )

  test('a query that it does not take: 400', () =>
    refuse({
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
test.each([...FIELDS, ...ITEMS])('$call with $what: $status', refuse)

const REQUIRED = WITH_BODY.flatMap((known) =>
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
  return refuse({ what: field, call: nameOf(known), body: rest, status: 400, code: 'invalid_request', at: `/${field}` })
})

/** Amounts that nothing takes, with the status: what is no amount at all, or none of this currency. */
const AMOUNTS: readonly (readonly [amount: unknown, status: number, code: string])[] = [
  ...[
    50,
    0,
    true,
    null,
    [],
    {},
    '1e3',
    ' 5',
    '5 ',
    '٣',
    '５',
    '05',
    '00',
    '',
    '-5',
    '+5',
    '-0',
    '.5',
    '5.',
    '5,00',
    '1_000',
    '0x5',
    'NaN',
    'Infinity',
    '5\n',
    '1.23456',
    '1234567890123456',
    '$5',
    '1/2',
  ].map((amount) => [amount, 400, 'invalid_request'] as const),
  ...['0', '0.00', '0.0', '1.234'].map((amount) => [amount, 422, 'invalid_amount'] as const),
]
const MONEY = [
  {
    what: 'credit',
    call: 'POST /v1/credits',
    at: '/amount',
    body: (amount: unknown) => ({ accountId: 'usd', amount, reason: 'x' }),
  },
  {
    what: 'charge',
    call: 'POST /v1/charges',
    at: '/charges/0/amount',
    body: (amount: unknown) => ({ charges: [{ accountId: 'usd', amount, description: 'x' }] }),
  },
  {
    what: 'disbursement',
    call: 'POST /v1/credits/{issued}/disbursements',
    at: '/amount',
    body: (amount: unknown) => ({ invoiceId: '{invoice}', amount }),
  },
].flatMap(({ what, call, at, body }) =>
  AMOUNTS.map(([amount, status, code]) => ({
    what: `${what} of ${textOf(amount)}`,
    call,
    at,
    body: body(amount),
    status,
    code,
  })),
)
test.each(MONEY)('a $what: $status $code', refuse)

test.each([
  ['jpy', '0.5'],
  ['jpy', '100.00'],
  ['kwd', '1.2345'],
] as const)('decimals that %s does not have, %s: 422', async (accountId, amount) => {
  await refuse({
    what: amount,
    call: 'POST /v1/credits',
    body: { accountId, amount, reason: 'x' },
    status: 422,
    code: 'invalid_amount',
    at: '/amount',
  })
  const charges = [
    { accountId: 'usd', amount: '1', description: 'good' },
    { accountId, amount, description: 'x' },
  ]
  await refuse({
    what: amount,
    call: 'POST /v1/charges',
    body: { charges },
    status: 422,
    code: 'invalid_amount',
    at: '/charges/1/amount',
  })
})

const account = (fields: object) => ({ accountId: 'new', name: 'New', currency: 'USD', ...fields })
const credit = (fields: object) => ({ accountId: 'usd', amount: '5', reason: 'x', ...fields })
const charge = (fields: object) => ({ charges: [{ accountId: 'usd', amount: '5', description: 'x', ...fields }] })
const schedule = (fields: object) => ({ cron: '0 2 * * *', timezone: 'UTC', billGroup: 'g', ...fields })
const invalid = { status: 400, code: 'invalid_request' } as const
const DISBURSE = 'POST /v1/credits/{issued}/disbursements'

const DOMAIN: readonly Case[] = [
  // Accounts and currencies
  {
    what: 'an unknown currency',
    call: 'POST /v1/accounts',
    body: account({ currency: 'XXX' }),
    status: 422,
    code: 'unknown_currency',
  },
  {
    what: 'a currency in lower case',
    call: 'POST /v1/accounts',
    body: account({ currency: 'usd' }),
    ...invalid,
    at: '/currency',
  },
  {
    what: 'an account id with a slash',
    call: 'POST /v1/accounts',
    body: account({ accountId: 'a/b' }),
    ...invalid,
    at: '/accountId',
  },
  {
    what: 'an account id too long',
    call: 'POST /v1/accounts',
    body: account({ accountId: 'x'.repeat(65) }),
    ...invalid,
  },
  {
    what: 'a name of white space',
    call: 'POST /v1/accounts',
    body: account({ name: ' \t ' }),
    ...invalid,
    at: '/name',
  },
  {
    what: 'an account that differs',
    call: 'POST /v1/accounts',
    body: account({ accountId: 'usd' }),
    status: 409,
    code: 'account_exists',
  },
  {
    what: 'another currency than the account has',
    call: 'POST /v1/credits',
    body: credit({ currency: 'EUR' }),
    status: 422,
    code: 'currency_mismatch',
  },
  {
    what: 'a currency that is none',
    call: 'POST /v1/credits',
    body: credit({ currency: 'XXX' }),
    status: 422,
    code: 'currency_mismatch',
  },
  {
    what: 'a credit for an unknown account',
    call: 'POST /v1/credits',
    body: credit({ accountId: 'nobody' }),
    status: 404,
    code: 'account_not_found',
  },
  {
    what: 'a charge to an unknown account',
    call: 'POST /v1/charges',
    body: charge({ accountId: 'nobody' }),
    status: 404,
    code: 'account_not_found',
    at: '/charges/0/accountId',
  },
  {
    what: 'a reference with other content',
    call: 'POST /v1/credits',
    body: credit({ reference: 'ticket-1' }),
    status: 409,
    code: 'reference_reused',
  },
  {
    what: "a charge's reference with other content",
    call: 'POST /v1/charges',
    body: charge({ reference: 'line-1' }),
    status: 409,
    code: 'reference_reused',
    at: '/charges/0/reference',
  },
  {
    what: 'one reference for two charges',
    call: 'POST /v1/charges',
    body: {
      charges: [...charge({ reference: 'twice' }).charges, ...charge({ reference: 'twice', amount: '6' }).charges],
    },
    status: 409,
    code: 'reference_reused',
  },

  // What is not there
  { what: 'an unknown account', call: 'GET /v1/accounts/nobody', status: 404, code: 'account_not_found' },
  { what: 'an unknown credit', call: 'GET /v1/credits/{nobody}', status: 404, code: 'credit_not_found' },
  {
    what: 'a credit that is not recorded yet',
    call: 'GET /v1/credits/{queued}',
    status: 404,
    code: 'credit_not_found',
  },
  {
    what: 'invoices of an unknown credit',
    call: 'GET /v1/credits/{nobody}/unpaid-invoices',
    status: 404,
    code: 'credit_not_found',
  },
  {
    what: 'disbursements of an unknown credit',
    call: 'GET /v1/credits/{nobody}/disbursements',
    status: 404,
    code: 'credit_not_found',
  },
  { what: 'an unknown credit', call: 'DELETE /v1/credits/{nobody}', status: 404, code: 'credit_not_found' },
  {
    what: 'a credit that is not recorded yet',
    call: 'DELETE /v1/credits/{queued}',
    status: 404,
    code: 'credit_not_found',
  },
  {
    what: 'an unknown credit',
    call: 'POST /v1/credits/{nobody}/disbursements',
    body: { invoiceId: '{invoice}', amount: '1' },
    status: 404,
    code: 'credit_not_found',
  },
  {
    what: 'an unknown invoice',
    call: DISBURSE,
    body: { invoiceId: '{nobody}', amount: '1' },
    status: 404,
    code: 'invoice_not_found',
  },
  {
    what: 'an unknown credit',
    call: 'POST /v1/credits/{nobody}/reversal',
    body: {},
    status: 404,
    code: 'credit_not_found',
  },
  { what: 'an unknown credit', call: 'DELETE /v1/credits/{nobody}/reversal', status: 404, code: 'credit_not_found' },
  { what: 'an unknown job', call: 'GET /v1/jobs/{nobody}', status: 404, code: 'job_not_found' },
  { what: 'an unknown invoice', call: 'GET /v1/invoices/{nobody}', status: 404, code: 'invoice_not_found' },
  ...[
    'GET /v1/bill-runs/{nobody}',
    'GET /v1/bill-runs/{nobody}/failures',
    'GET /v1/bill-runs/{nobody}/events',
    'POST /v1/bill-runs/{nobody}/retry',
    'POST /v1/bill-runs/{nobody}/cancel',
  ].map((call) => ({ what: 'an unknown bill run', call, status: 404, code: 'bill_run_not_found' })),
  { what: 'an unknown schedule', call: 'DELETE /v1/schedules/nobody', status: 404, code: 'schedule_not_found' },
  { what: 'an unknown key', call: 'DELETE /v1/keys/{nobody}', status: 404, code: 'key_not_found' },

  // A credit's life
  { what: 'an issued credit', call: 'DELETE /v1/credits/{issued}', status: 409, code: 'credit_already_issued' },
  {
    what: 'a credit about to be reversed',
    call: 'DELETE /v1/credits/{reversalPending}',
    status: 409,
    code: 'credit_already_issued',
  },
  { what: 'a reversed credit', call: 'DELETE /v1/credits/{reversed}', status: 409, code: 'credit_already_issued' },
  ...(
    [
      ['pending', 'credit_not_issued'],
      ['deleted', 'credit_not_issued'],
      ['reversalPending', 'credit_reversal_pending'],
    ] as const
  ).map(([state, code]) => ({
    what: `of a credit that is ${state}`,
    call: `POST /v1/credits/{${state}}/disbursements`,
    body: { invoiceId: '{invoice}', amount: '1' },
    status: 409,
    code,
  })),
  {
    what: 'more than is left',
    call: DISBURSE,
    body: { invoiceId: '{invoice}', amount: '50.01' },
    status: 409,
    code: 'amount_exceeds_credit_left',
  },
  {
    what: "to another account's invoice",
    call: DISBURSE,
    body: { invoiceId: '{otherInvoice}', amount: '1' },
    status: 409,
    code: 'invoice_of_other_account',
  },
  {
    what: 'to an invoice in another currency',
    call: DISBURSE,
    body: { invoiceId: '{yenInvoice}', amount: '1' },
    status: 409,
    code: 'invoice_of_other_account',
  },
  {
    what: 'a pending credit',
    call: 'POST /v1/credits/{pending}/reversal',
    body: {},
    status: 409,
    code: 'credit_not_issued',
  },
  {
    what: 'a deleted credit',
    call: 'POST /v1/credits/{deleted}/reversal',
    body: {},
    status: 409,
    code: 'credit_not_issued',
  },
  {
    what: 'a reversed credit',
    call: 'POST /v1/credits/{reversed}/reversal',
    body: {},
    status: 409,
    code: 'credit_already_reversed',
  },
  ...['pending', 'deleted', 'issued', 'reversed'].map((state) => ({
    what: `of a credit that is ${state}`,
    call: `DELETE /v1/credits/{${state}}/reversal`,
    status: 409,
    code: 'no_reversal_pending',
  })),

  // Bill runs
  ...[
    '2026-02-30',
    '2026-13-01',
    '2026-1-1',
    '20260101',
    '2026-01-01T00:00:00Z',
    '0000-01-01',
    ' 2026-01-01',
    '+002026-01-01',
  ].flatMap((date) => [
    { what: `the date ${date}`, call: 'POST /v1/bill-runs', body: { billGroup: 'g', billDate: date }, ...invalid },
    {
      what: `the date ${date}`,
      call: 'POST /v1/bill-runs/preview',
      body: { accountIds: ['usd'], billDate: date },
      ...invalid,
    },
    { what: `the date ${date}`, call: 'POST /v1/charges', body: charge({ chargedOn: date }), ...invalid },
  ]),
  {
    what: 'both a group and accounts',
    call: 'POST /v1/bill-runs',
    body: { billGroup: 'g', accountIds: ['usd'] },
    ...invalid,
    at: '/accountIds',
  },
  {
    what: 'an unknown account in the list',
    call: 'POST /v1/bill-runs',
    body: { accountIds: ['usd', 'nobody'] },
    status: 404,
    code: 'account_not_found',
    at: '/accountIds/1',
  },
  {
    what: 'an unknown account in the list',
    call: 'POST /v1/bill-runs/preview',
    body: { accountIds: ['nobody', 'usd'] },
    status: 404,
    code: 'account_not_found',
    at: '/accountIds/0',
  },
  { what: 'no account at all', call: 'POST /v1/bill-runs', body: { accountIds: [] }, ...invalid, at: '/accountIds' },
  {
    what: 'over 10,000 accounts',
    call: 'POST /v1/bill-runs',
    body: { accountIds: Array(10_001).fill('usd') },
    ...invalid,
    at: '/accountIds',
  },
  {
    what: 'over 1,000 accounts',
    call: 'POST /v1/bill-runs/preview',
    body: { accountIds: Array(1_001).fill('usd') },
    ...invalid,
    at: '/accountIds',
  },
  { what: 'a finished run', call: 'POST /v1/bill-runs/{finishedRun}/cancel', status: 409, code: 'bill_run_finished' },
  { what: 'a cancelled run', call: 'POST /v1/bill-runs/{cancelledRun}/cancel', status: 409, code: 'bill_run_finished' },
  { what: 'a cancelled run', call: 'POST /v1/bill-runs/{cancelledRun}/retry', status: 409, code: 'bill_run_finished' },
  ...EVERY_CALL.filter(({ method, body }) => method !== 'GET' && body === undefined).flatMap((known) => [
    { what: 'a field that it does not take', call: nameOf(known), body: { force: true }, ...invalid, at: '/force' },
    { what: '__proto__', call: nameOf(known), raw: '{"__proto__":{}}', ...invalid, at: '/__proto__' },
    { what: 'an array', call: nameOf(known), raw: '[]', status: 400, code: 'malformed_body' },
    {
      what: 'nested ten thousand deep',
      call: nameOf(known),
      raw: `{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
      status: 400,
      code: 'malformed_body',
    },
  ]),

  // Schedules
  ...[
    'nonsense',
    '',
    '* * * *',
    '0 2 * * * *',
    '60 2 * * *',
    '0 24 * * *',
    '0 2 0 * *',
    '0 2 * 13 *',
    '0 2 * * 8',
    '*/0 2 * * *',
    '5-1 2 * * *',
    '0 0 30 2 *',
    '@daily',
    '0 2 * * *\u0000',
    '0 2 * * FOO',
  ].map((cron) => ({
    what: `the cron ${textOf(cron)}`,
    call: 'PUT /v1/schedules/new',
    body: schedule({ cron }),
    status: 422,
    code: 'invalid_schedule',
    at: '/cron',
  })),
  ...['Mars/Olympus', '', 'London', 'Europe/London ', '\u0000', '../../etc/passwd', 'GMT+1'].map((timezone) => ({
    what: `the time zone ${textOf(timezone)}`,
    call: 'PUT /v1/schedules/new',
    body: schedule({ timezone }),
    status: 422,
    code: 'invalid_schedule',
    at: '/timezone',
  })),
  { what: 'a name with a space', call: 'PUT /v1/schedules/a%20b', body: schedule({}), ...invalid, at: '/params/name' },
  {
    what: 'a group with a space',
    call: 'PUT /v1/schedules/new',
    body: schedule({ billGroup: 'a b' }),
    ...invalid,
    at: '/billGroup',
  },

  // Keys
  { what: 'no scope', call: 'POST /v1/keys', body: { name: 'x', scopes: [] }, ...invalid, at: '/scopes' },
  {
    what: 'an unknown scope',
    call: 'POST /v1/keys',
    body: { name: 'x', scopes: ['root'] },
    ...invalid,
    at: '/scopes/0',
  },
  {
    what: 'a scope twice',
    call: 'POST /v1/keys',
    body: { name: 'x', scopes: ['read', 'read'] },
    ...invalid,
    at: '/scopes',
  },
  ...['tomorrow', '2026-11-30', '2026-11-30T00:00:00', '2026-02-30T00:00:00Z', '2026-12-31T23:59:60Z'].map(
    (expiresAt) => ({
      what: `the time ${expiresAt}`,
      call: 'POST /v1/keys',
      body: { name: 'x', scopes: ['read'], expiresAt },
      ...invalid,
      at: '/expiresAt',
    }),
  ),

  // Batches
  { what: 'no charge', call: 'POST /v1/charges', body: { charges: [] }, ...invalid, at: '/charges' },
  {
    what: 'over 1,000 charges',
    call: 'POST /v1/charges',
    body: { charges: Array(1_001).fill(charge({}).charges[0]) },
    ...invalid,
    at: '/charges',
  },
  { what: 'no credit', call: 'POST /v1/credits/batch', body: { credits: [] }, ...invalid, at: '/credits' },
  {
    what: 'over 1,000 credits',
    call: 'POST /v1/credits/batch',
    body: { credits: Array(1_001).fill(credit({})) },
    ...invalid,
    at: '/credits',
  },
  {
    what: 'a credit that is no object',
    call: 'POST /v1/credits/batch',
    body: { credits: ['usd'] },
    ...invalid,
    at: '/credits/0',
  },

  // Queries
  ...EVERY_CALL.filter(({ method }) => method === 'GET').map(({ at }) => ({
    what: 'an unknown query field',
    call: `GET ${at}?offset=1`,
    ...invalid,
    at: '/querystring/offset',
  })),
  ...EVERY_CALL.filter(({ method }) => method !== 'GET').map((known) => ({
    what: 'an unknown query field',
    call: `${nameOf(known)}?offset=1`,
    ...(known.body ? { body: known.body } : {}),
    ...invalid,
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
    '/v1/schedules',
    '/v1/keys',
  ].flatMap((list) => [
    ...['0', '-1', '501', '1.5', '1e2', '', 'ten', '05', '%2B5', '5&limit=5'].map((limit) => ({
      what: `limit=${limit}`,
      call: `GET ${list}?limit=${limit}`,
      ...invalid,
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
    { what: 'a cursor too long', call: `GET ${list}?cursor=${'A'.repeat(201)}`, ...invalid, at: '/querystring/cursor' },
  ]),
  { what: 'an unknown status', call: 'GET /v1/credits?status=lost', ...invalid, at: '/querystring/status' },
  {
    what: 'an account id of no form',
    call: 'GET /v1/credits?accountId=a%20b',
    ...invalid,
    at: '/querystring/accountId',
  },
  { what: 'an unknown account', call: 'GET /v1/credits?accountId=nobody', status: 404, code: 'account_not_found' },
  { what: 'an unknown status', call: 'GET /v1/invoices?status=lost', ...invalid, at: '/querystring/status' },
  { what: 'an unknown account', call: 'GET /v1/invoices?accountId=nobody', status: 404, code: 'account_not_found' },
  { what: 'a run that is no id', call: 'GET /v1/invoices?billRunId=1', ...invalid, at: '/querystring/billRunId' },
  ...['0', '-1', '1.5', 'x', '9999999999999999'].map((number) => ({
    what: `number=${number}`,
    call: `GET /v1/invoices?number=${number}`,
    ...invalid,
    at: '/querystring/number',
  })),
  { what: 'a group of no form', call: 'GET /v1/accounts?billGroup=a%20b', ...invalid, at: '/querystring/billGroup' },

  // Addresses
  ...['1', 'x'.repeat(36), '019AC0DE-0000-7000-8000-000000000001', '%00', "'", '..%2f..'].flatMap((id) =>
    ['credits', 'jobs', 'invoices', 'bill-runs'].map((kind) => ({
      what: `the id ${id}`,
      call: `GET /v1/${kind}/${id}`,
      ...invalid,
    })),
  ),
  { what: 'an account id of no form', call: 'GET /v1/accounts/a%20b', ...invalid, at: '/params/accountId' },
  { what: 'an unknown route', call: 'GET /v1/nothing', status: 404, code: 'route_not_found' },
  { what: 'an unknown route', call: 'POST /v2/credits', body: {}, status: 404, code: 'route_not_found' },
  { what: 'an unknown route', call: 'GET /', status: 404, code: 'route_not_found' },
]
test.each(DOMAIN)('$call, $what: $status $code', refuse)

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

test('the balance of an invoice is the most that goes to it: 409', async () => {
  // The second invoice of the account owes 0 or 10, less than the credit has left.
  const { body } = await service.call<{ data: { invoiceId: string; balance: string }[] }>(
    'GET',
    '/v1/invoices?accountId=usd&limit=1',
  )
  const [latest] = body.data
  expect(Number(latest?.balance)).toBeLessThan(49)
  await refuse({
    what: 'more than it owes',
    call: DISBURSE,
    body: { invoiceId: latest?.invoiceId, amount: '49' },
    status: 409,
    code: 'amount_exceeds_invoice_balance',
  })
})

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
    expect(await fingerprint(service.db)).toEqual(before)
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
      await refuse({ what, ...bad, at: '/headers/idempotency-key' })
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
    expect(await fingerprint(service.db)).toEqual(before)
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
    expect(await fingerprint(service.db)).toEqual(before)
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
