import { describe, expect, test } from 'vitest'
import type { AccountState, CreditState } from '../../src/billing/account-state.ts'
import { lessDisbursed, planInvoice } from '../../src/billing/plan-invoice.ts'
import { Money, sum } from '../../src/money.ts'

type CreditGiven = {
  readonly amount: string
  readonly left?: string
  readonly automatic?: boolean
  readonly at?: number
}

type Given = {
  readonly terms?: number
  readonly charges?: readonly string[]
  readonly credits?: readonly CreditGiven[]
  readonly reversals?: readonly CreditGiven[]
  readonly carried?: readonly CreditGiven[]
  /** The balance of each, and when it is due; numbered from 1. */
  readonly unpaid?: readonly (readonly [balance: string, dueOn: string])[]
}

const BILL_DATE = '2026-01-31'

/** The account's state: charges are called charge1, charge2 ..., credits credit1 ..., and so on. */
function stateOf({
  terms = 30,
  charges = [],
  credits = [],
  reversals = [],
  carried = [],
  unpaid = [],
}: Given): AccountState {
  const credit =
    (name: string) =>
    ({ amount, left = amount, automatic = false, at = 0 }: CreditGiven, index: number): CreditState => ({
      id: `${name}${index + 1}`,
      amount: new Money(amount),
      left: new Money(left),
      automatic,
      createdAt: at,
    })
  return {
    paymentTermsDays: terms,
    pending: {
      charges: { sum: sum(charges.map((amount) => new Money(amount))), count: charges.length },
      credits: credits.map(credit('credit')),
      reversals: reversals.map(credit('reversal')),
    },
    carried: carried.map(credit('carried')),
    unpaid: unpaid.map(([balance, dueOn], index) => ({
      id: `invoice${index + 1}`,
      number: index + 1,
      dueOn,
      balance: new Money(balance),
    })),
  }
}

function plan(given: Given) {
  const made = planInvoice(stateOf(given), BILL_DATE)
  return (
    made && {
      sums: [made.totalCharge, made.total, made.balance].map((sum) => sum.toFixed()).join(' '),
      transactionCount: made.transactionCount,
      credits: made.credits.map(
        ({ id, status, entry = 'no entry', disbursed }) => `${id} ${status}, ${entry}, ${disbursed.toFixed()}`,
      ),
      olderInvoices: made.olderInvoices.map(({ invoiceId, balance }) => `${invoiceId} ${balance.toFixed()}`),
      disbursements: made.disbursements.map(
        ({ creditId, invoiceId, amount }) => `${creditId}>${invoiceId} ${amount.toFixed()}`,
      ),
    }
  )
}

const older = ['100', '2026-01-15'] as const
const automatic = true

describe('what a bill run makes of one account: total charge, total and balance, and who is disbursed to what', () => {
  test.each<[string, Given, string, readonly string[]]>([
    ['charges alone', { charges: ['100', '40'] }, '140 140 140', []],
    ['a manual credit alone', { credits: [{ amount: '50' }] }, '0 0 0', []],
    ['an automatic credit alone', { credits: [{ amount: '50', automatic }] }, '0 0 0', []],
    ['a manual credit stays undisbursed', { charges: ['140'], credits: [{ amount: '50' }] }, '140 140 140', []],
    [
      'an automatic one does not',
      { charges: ['140'], credits: [{ amount: '50', automatic }] },
      '140 140 90',
      ['credit1>new 50'],
    ],
    [
      'it stops at the balance',
      { charges: ['30'], credits: [{ amount: '50', automatic }] },
      '30 30 0',
      ['credit1>new 30'],
    ],
    [
      'what is carried goes on',
      { charges: ['100'], carried: [{ amount: '50', left: '20', automatic }] },
      '100 100 80',
      ['carried1>new 20'],
    ],
    [
      'what is carried and manual does not',
      { charges: ['100'], carried: [{ amount: '50', left: '20' }] },
      '100 100 100',
      [],
    ],
    [
      'an older invoice first',
      { charges: ['40'], credits: [{ amount: '120', automatic }], unpaid: [older] },
      '40 40 20',
      ['credit1>invoice1 100', 'credit1>new 20'],
    ],
    [
      'the new one first when it is due first',
      { terms: 0, charges: ['40'], credits: [{ amount: '120', automatic }], unpaid: [['100', '2026-02-10']] },
      '40 40 0',
      ['credit1>new 40', 'credit1>invoice1 80'],
    ],
    [
      'the older credit first, be it carried or new',
      { charges: ['30'], credits: [{ amount: '20', automatic, at: 1 }], carried: [{ amount: '50', automatic, at: 2 }] },
      '30 30 0',
      ['credit1>new 20', 'carried1>new 10'],
    ],
    [
      'a credit with nothing to bill goes to what is owed already',
      { credits: [{ amount: '50', automatic }], unpaid: [older] },
      '0 0 0',
      ['credit1>invoice1 50'],
    ],
    ['an undisbursed reversal', { reversals: [{ amount: '50' }] }, '0 50 0', ['reversal1>new 50']],
    ['a partly disbursed one', { reversals: [{ amount: '50', left: '30' }] }, '0 50 20', ['reversal1>new 30']],
    ['a wholly disbursed one', { reversals: [{ amount: '50', left: '0' }] }, '0 50 50', []],
    ['with charges', { charges: ['140'], reversals: [{ amount: '50', left: '0' }] }, '140 190 190', []],
    [
      'an automatic credit that is reversed closes against its reversal alone',
      { charges: ['10'], reversals: [{ amount: '50', left: '30', automatic }], unpaid: [older] },
      '10 60 30',
      ['reversal1>new 30'],
    ],
    [
      'an automatic credit pays what a reversal has left owing',
      { credits: [{ amount: '50', automatic }], reversals: [{ amount: '50', left: '20' }] },
      '0 50 0',
      ['reversal1>new 20', 'credit1>new 30'],
    ],
    [
      'an older automatic credit does not take what the reversal closes',
      { carried: [{ amount: '100', automatic, at: 1 }], reversals: [{ amount: '50', at: 2 }] },
      '0 50 0',
      ['reversal1>new 50'],
    ],
    [
      'two reversals',
      {
        reversals: [
          { amount: '50', left: '50' },
          { amount: '30', left: '10' },
        ],
      },
      '0 80 20',
      ['reversal1>new 50', 'reversal2>new 10'],
    ],
    [
      'cents that floats lose',
      { charges: ['0.1', '0.2'], credits: [{ amount: '0.3', automatic }] },
      '0.3 0.3 0',
      ['credit1>new 0.3'],
    ],
    [
      'the largest amounts',
      { charges: ['999999999999999.99', '999999999999999.99'], credits: [{ amount: '999999999999999.98', automatic }] },
      '1999999999999999.98 1999999999999999.98 1000000000000000',
      ['credit1>new 999999999999999.98'],
    ],
  ])('%s', (_, given, sums, disbursements) => {
    expect(plan(given)).toMatchObject({ sums, disbursements })
  })

  test.each<[string, Given]>([
    ['nothing at all', {}],
    ['an unpaid invoice', { unpaid: [older] }],
    ['a carried credit', { carried: [{ amount: '50', automatic }] }],
    ['both, which would meet', { carried: [{ amount: '50', automatic }], unpaid: [older] }],
  ])('nothing is pending, no invoice: %s', (_, given) => {
    expect(plan(given)).toBeUndefined()
  })
})

test('decides what becomes of every credit and of every older invoice that money goes to', () => {
  const given = {
    charges: ['100', '40'],
    credits: [{ amount: '5' }, { amount: '6', automatic }],
    reversals: [{ amount: '50', left: '20' }],
    carried: [
      { amount: '30', left: '10', automatic, at: -1 },
      { amount: '1000', left: '999', automatic, at: 9 },
    ],
    unpaid: [
      ['12', '2026-01-15'],
      ['3', '2026-01-16'],
    ] as const,
  }
  expect(plan(given)).toMatchObject({
    transactionCount: 5,
    credits: [
      'credit1 issued, credit, 0',
      'credit2 issued, credit, 6',
      'reversal1 reversed, reversed_credit, 50',
      'carried1 issued, no entry, 30',
      'carried2 issued, no entry, 170',
    ],
    olderInvoices: ['invoice1 0', 'invoice2 0'],
  })
})

test('what no money goes to is left as it is', () => {
  const given = {
    charges: ['10'],
    carried: [
      { amount: '7', automatic },
      { amount: '9', automatic, at: 1 },
    ],
    unpaid: [
      ['7', '2026-01-01'],
      ['9', '2026-01-02'],
      ['1', '2026-01-03'],
    ] as const,
  }
  expect(plan(given)).toMatchObject({ olderInvoices: ['invoice1 0', 'invoice2 0'], sums: '10 10 10' })
})

test.each([
  [0, '2026-01-31'],
  [1, '2026-02-01'],
  [30, '2026-03-02'],
  [365, '2027-01-31'],
])('with terms of %i days it is due on %s', (terms, dueOn) => {
  const made = planInvoice(stateOf({ terms, charges: ['1'] }), BILL_DATE)
  expect(made).toMatchObject({ issuedOn: BILL_DATE, dueOn })
})

test('the same state gives the same plan, and stays as it was', () => {
  const state = stateOf({
    charges: ['40'],
    credits: [{ amount: '120', automatic }],
    unpaid: [older],
    carried: [{ amount: '7', automatic }],
  })
  const before = JSON.stringify(state)
  expect(JSON.stringify(planInvoice(state, BILL_DATE))).toBe(JSON.stringify(planInvoice(state, BILL_DATE)))
  expect(JSON.stringify(state)).toBe(before)
})

test('what would go below zero throws', () => {
  const less = (...amounts: readonly string[]) =>
    lessDisbursed(
      new Money('0.3'),
      amounts.map((amount) => ({ amount: new Money(amount) })),
    )
  expect(less('0.1', '0.2').isZero()).toBe(true)
  expect(() => less('0.31')).toThrow('0.31 disbursed of 0.3')
})
