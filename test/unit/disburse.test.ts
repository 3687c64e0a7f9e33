import { describe, expect, test } from 'vitest'
import type { CreditState } from '../../src/billing/account-state.ts'
import { addDays } from '../../src/billing/add-days.ts'
import { checkDisbursement } from '../../src/billing/check-disbursement.ts'
import { disburseOldestFirst, type OpenInvoice } from '../../src/billing/disburse.ts'
import { Money } from '../../src/money.ts'

/** `c1 20 @5`: the credit c1 with 20 left, given at 5. */
function credits(text: string): readonly CreditState[] {
  return words(text).map(([id = '', left = '0', at = '@0']) => {
    const amount = new Money(left)
    return { id, amount, left: amount, automatic: true, createdAt: Number(at.slice(1)) }
  })
}

/** `i1 100 2026-03-01 #7`: the invoice i1, number 7, due on that day, which owes 100. */
function invoices(text: string): readonly OpenInvoice[] {
  return words(text).map(([id = '', balance = '0', dueOn = '', number = '#0']) => ({
    id,
    dueOn,
    number: number === '#new' ? Number.POSITIVE_INFINITY : Number(number.slice(1)),
    balance: new Money(balance),
  }))
}

const words = (text: string) => (text === '' ? [] : text.split(', ').map((item) => item.split(' ')))

describe('the oldest credit goes first, to the invoice that is due first', () => {
  test.each([
    ['nothing to disburse', '', 'i1 100 2026-03-01 #1', ''],
    ['nothing owed', 'c1 20 @1', '', ''],
    ['less than is owed', 'c1 20 @1', 'i1 100 2026-03-01 #1', 'c1>i1 20'],
    ['exactly what is owed', 'c1 100 @1', 'i1 100 2026-03-01 #1', 'c1>i1 100'],
    ['more than is owed', 'c1 120 @1', 'i1 100 2026-03-01 #1', 'c1>i1 100'],
    ['one credit to two invoices', 'c1 120 @1', 'i1 100 2026-02-01 #1, i2 40 2026-03-01 #2', 'c1>i1 100, c1>i2 20'],
    ['two credits to one invoice', 'c1 20 @1, c2 50 @2', 'i1 60 2026-03-01 #1', 'c1>i1 20, c2>i1 40'],
    ['the older credit, in whatever order they come', 'c2 50 @2, c1 20 @1', 'i1 10 2026-03-01 #1', 'c1>i1 10'],
    ['of one moment, the smaller id', 'b 50 @1, a 20 @1', 'i1 30 2026-03-01 #1', 'a>i1 20, b>i1 10'],
    [
      'the earlier due date, though numbered later',
      'c1 50 @1',
      'i1 40 2026-03-01 #1, i2 40 2026-02-01 #2',
      'c1>i2 40, c1>i1 10',
    ],
    [
      'of one due date, the smaller number',
      'c1 50 @1',
      'i9 40 2026-03-01 #9, i10 40 2026-03-01 #10',
      'c1>i9 40, c1>i10 10',
    ],
    [
      'of one due date, the new invoice last',
      'c1 50 @1',
      'new 40 2026-03-01 #new, i1 40 2026-03-01 #1',
      'c1>i1 40, c1>new 10',
    ],
    [
      'the new invoice before one that is due later',
      'c1 50 @1',
      'i1 40 2026-05-01 #1, new 40 2026-03-01 #new',
      'c1>new 40, c1>i1 10',
    ],
    [
      'a paid invoice and a used credit are passed over',
      'c0 0 @0, c1 5 @1',
      'i0 0 2026-01-01 #1, i1 9 2026-02-01 #2',
      'c1>i1 5',
    ],
    [
      'cents that floats lose',
      'c1 0.1 @1, c2 0.2 @2',
      'i1 0.3 2026-02-01 #1, i2 1 2026-03-01 #2',
      'c1>i1 0.1, c2>i1 0.2',
    ],
  ])('%s', (_, given, owed, expected) => {
    const said = disburseOldestFirst(credits(given), invoices(owed)).map(
      ({ creditId, invoiceId, amount }) => `${creditId}>${invoiceId} ${amount.toFixed()}`,
    )
    expect(said.join(', ')).toBe(expected)
  })

  test('what it is given stays as it was', () => {
    const [credit, invoice] = [credits('c1 20 @1'), invoices('i1 100 2026-03-01 #1')]
    disburseOldestFirst(credit, invoice)
    expect(credit[0]?.left.toFixed()).toBe('20')
    expect(invoice[0]?.balance.toFixed()).toBe('100')
  })

  // One that goes through all invoices for each credit would not end before the test does.
  test('ten thousand credits and invoices', () => {
    const many = (item: (index: number) => string) =>
      Array.from({ length: 10_000 }, (_, index) => item(index)).join(', ')
    const planned = disburseOldestFirst(
      credits(many((index) => `c${index} 3 @${index}`)),
      invoices(many((index) => `i${index} 2 2026-03-01 #${index}`)),
    )
    expect(planned.reduce((sum, { amount }) => sum.plus(amount), new Money(0)).toFixed()).toBe('20000')
  })
})

describe('a disbursement by hand', () => {
  test.each([
    ['some of an issued credit', { left: '50', account: 1, balance: '140', amount: '20' }, undefined],
    ['all that is left', { left: '50', account: 1, balance: '140', amount: '50' }, undefined],
    ['all that is owed', { left: '50', account: 1, balance: '30', amount: '30' }, undefined],
    ['more than is left', { left: '50', account: 1, balance: '140', amount: '50.01' }, 'amount_exceeds_credit_left'],
    ['more than is owed', { left: '50', account: 1, balance: '30', amount: '30.01' }, 'amount_exceeds_invoice_balance'],
    ['to a paid invoice', { left: '50', account: 1, balance: '0', amount: '0.01' }, 'amount_exceeds_invoice_balance'],
    ['of nothing left', { left: '0', account: 1, balance: '140', amount: '0.01' }, 'amount_exceeds_credit_left'],
    ['to the invoice of another', { left: '50', account: 2, balance: '140', amount: '20' }, 'invoice_of_other_account'],
  ])('%s', (_, { left, account, balance, amount }, expected) => {
    const refusal = checkDisbursement(
      { accountId: 1, left: new Money(left) },
      { accountId: account, balance: new Money(balance) },
      new Money(amount),
    )
    expect(refusal).toBe(expected)
  })
})

test.each([
  ['2026-01-31', 30, '2026-03-02'],
  ['2024-01-31', 30, '2024-03-01'],
  ['2026-01-31', 0, '2026-01-31'],
  ['2026-12-31', 1, '2027-01-01'],
  ['2024-02-28', 1, '2024-02-29'],
  ['2026-03-28', 2, '2026-03-30'],
  ['2026-10-24', 2, '2026-10-26'],
  ['2026-01-01', 3_650, '2035-12-30'],
])('%s and %i days is %s', (date, days, expected) => {
  expect(addDays(date, days)).toBe(expected)
})
