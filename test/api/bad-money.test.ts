import { afterAll, beforeAll, test } from 'vitest'
import { openRefusingService, type RefusingService } from '../support/refusing-service.ts'

let service: RefusingService

beforeAll(async () => {
  service = await openRefusingService()
})
afterAll(() => service.close())

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
    what: `${what} of ${JSON.stringify(amount)}`,
    call,
    at,
    body: body(amount),
    status,
    code,
  })),
)
test.each(MONEY)('a $what: $status $code', (bad) => service.refuse(bad))

test.each([
  ['jpy', '0.5'],
  ['jpy', '100.00'],
  ['kwd', '1.2345'],
] as const)('decimals that %s does not have, %s: 422', async (accountId, amount) => {
  await service.refuse({
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
  await service.refuse({
    what: amount,
    call: 'POST /v1/charges',
    body: { charges },
    status: 422,
    code: 'invalid_amount',
    at: '/charges/1/amount',
  })
})
