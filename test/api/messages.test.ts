import { afterAll, beforeAll, expect, test } from 'vitest'
import { openRefusingService, type RefusingService } from '../support/refusing-service.ts'

let service: RefusingService

beforeAll(async () => {
  service = await openRefusingService()
})
afterAll(() => service.close())

const credit = (fields: object) => ({ body: { accountId: 'usd', amount: '5', reason: 'x', ...fields } })

const AMOUNT =
  'must be a decimal string greater than zero such as "50.00", with at most 15 digits before the point and at most the decimals of the currency after it'

test.each([
  ['an amount that is a number', 'POST /v1/credits', credit({ amount: 5 }), '/amount', AMOUNT],
  ['an amount that is none', 'POST /v1/credits', credit({ amount: '1e3' }), '/amount', AMOUNT],
  [
    'an amount finer than its currency',
    'POST /v1/credits',
    credit({ amount: '1.234' }),
    '/amount',
    'must have at most the 2 decimals of USD, and has 3',
  ],
  [
    'an account id with a blank',
    'POST /v1/credits',
    credit({ accountId: 'a b' }),
    '/accountId',
    "must be the caller's own key of the account: 1 to 64 of A-Z a-z 0-9 . _ : -",
  ],
  [
    'a reason of blanks',
    'POST /v1/credits',
    credit({ reason: ' ' }),
    '/reason',
    'must be a text that says what it is for: 1 to 500 characters, not blanks alone, no control characters',
  ],
  ['a field that is missing', 'POST /v1/credits', credit({ reason: undefined }), '/reason', 'is missing'],
  ['a field too many', 'POST /v1/credits', credit({ ammount: '5' }), '/ammount', 'is not a field known here'],
  [
    'a date in another order',
    'POST /v1/bill-runs',
    { body: { billDate: '30.11.2026' } },
    '/billDate',
    'must be a date, YYYY-MM-DD, from 1900 to 2199',
  ],
  ['a limit of none', 'GET /v1/credits?limit=0', {}, '/querystring/limit', 'must be 1 to 500, 50 by default'],
] as const)('%s: what is wrong, where, and how to mend it', async (_, call, options, pointer, message) => {
  const [method, path] = call.split(' ') as [string, string]
  const { body } = await service.call<{ detail: string; errors: object[] }>(method, path, options)
  expect(body.errors).toEqual([{ pointer, message }])
  expect(body.detail).toContain(message)
})
