import { expect, test } from 'vitest'
import type { AccountState } from '../../src/billing/account-state.ts'
import { addToTally, EMPTY_TALLY } from '../../src/ledger/invoices/tally-preview.ts'
import { Money } from '../../src/money.ts'

const accountOf = (id: number, state: Partial<AccountState['pending']>, paymentTermsDays = 30) => ({
  account: { id, key: `account-${id}`, currency: 'USD', payment_terms_days: paymentTermsDays },
  state: {
    paymentTermsDays,
    pending: { charges: { sum: new Money(0), count: 0 }, credits: [], reversals: [], ...state },
    carried: [],
    unpaid: [],
  },
})
const owing = (id: number, amount: number, terms?: number) =>
  accountOf(id, { charges: { sum: new Money(amount), count: 1 } }, terms)

test('accounts that cannot be planned fail with a reason, five of them by name, and the others count', () => {
  const broken = Array.from({ length: 7 }, (_, index) => owing(index, 10, Number.NaN))
  const tally = addToTally(EMPTY_TALLY, [...broken, owing(8, 5), accountOf(9, {})], '2026-01-31')
  expect(tally).toMatchObject({ accounts: 9, billed: 1, nothingToBill: 1 })
  expect([...tally.failures.values()]).toEqual([
    {
      code: 'internal_error',
      count: 7,
      example: expect.any(String),
      keys: ['account-0', 'account-1', 'account-2', 'account-3', 'account-4'],
    },
  ])
})

test('the twenty largest are kept, whatever batch they are in', () => {
  const amounts = Array.from({ length: 100 }, (_, index) => ((index * 37) % 100) + 1)
  let tally = EMPTY_TALLY
  for (let at = 0; at < 100; at += 30) {
    const batch = amounts.slice(at, at + 30).map((amount, index) => owing(at + index, amount))
    tally = addToTally(tally, batch, '2026-01-31')
  }
  const kept = tally.largest.get('USD')?.map(({ plan }) => plan.total.toNumber())
  expect(kept).toEqual(Array.from({ length: 20 }, (_, index) => 100 - index))
  expect(tally.totals.get('USD')).toMatchObject({ invoices: 100, charged: new Money(5_050), owed: new Money(5_050) })
})
