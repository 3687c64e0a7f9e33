import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type NewTestAccount, openWorld, refusalOf, type TestAccount, type World } from '../support/world.ts'

/** In batches of 200 the account is one of this many: what the others have pending must not matter to it. */
const CROWD = 150

let world: World
let group: string
let groups = 0
let crowd: readonly TestAccount[]

beforeAll(async () => {
  world = await openWorld()
})
beforeEach(() => {
  group = `group-${++groups}`
  crowd = []
})
afterAll(() => world.close())

describe.each([1, 200])('in batches of %i', (batchSize) => {
  /** The account of the test. In large batches others stand before it and after it. */
  async function account(given: NewTestAccount): Promise<TestAccount> {
    const some = (count: number) => Array.from({ length: batchSize > 1 ? count : 0 }, () => someAccount())
    const before = await world.accounts(some(CROWD / 2))
    const one = await world.account({ ...given, group })
    crowd = [...before, ...(await world.accounts(some(CROWD / 2)))]
    return one
  }

  /** A bill run of the whole group. Most of the others have something new each time. */
  async function bill(billDate = '2026-01-31'): Promise<string> {
    const billRunId = await world.billRun({ group, batchSize, billDate })
    expect((await world.runOf(billRunId)).status).toBe('completed')
    for (const other of crowd.filter(() => chance() < 0.3)) await world.charge(other, someAmount())
    return billRunId
  }

  test('the example that must always work', async () => {
    const acme = await account({ charges: ['100.00', '40.00'], credits: [{ amount: '50.00', automatic: false }] })
    const credit = acme.credits[0] as string
    await bill()

    const [first] = await world.invoicesOf(acme)
    expect(first).toMatchObject({ totalCharge: '140.00', total: '140.00', balance: '140.00', dueOn: '2026-03-02' })
    expect(first?.transactions).toEqual([
      { type: 'charge', amount: '100.00' },
      { type: 'charge', amount: '40.00' },
      { type: 'credit', amount: '50.00' },
    ])
    expect(await world.creditOf(credit)).toMatchObject({ status: 'issued', invoiceId: first?.id, left: '50.00' })

    const invoice = first?.id as string
    await world.disburse(credit, invoice, '50.00')
    expect(await world.balancesOf(acme)).toEqual(['90.00'])
    expect(await world.creditOf(credit)).toMatchObject({
      status: 'issued',
      left: '0.00',
      disbursements: [{ invoiceId: invoice, amount: '50.00' }],
    })
    expect(await refusalOf(world.deleteCredit(credit))).toBe('credit_already_issued')

    await world.requestReversal(credit)
    expect(await world.creditOf(credit)).toMatchObject({ status: 'reversal_pending', left: '0.00' })
    await bill('2026-02-28')

    const [old, second, ...more] = await world.invoicesOf(acme)
    expect(more).toEqual([])
    expect(old).toMatchObject({ balance: '90.00', total: '140.00' })
    expect(second).toMatchObject({ totalCharge: '0.00', total: '50.00', balance: '50.00', disbursements: [] })
    expect(second?.transactions).toEqual([{ type: 'reversed_credit', amount: '50.00' }])
    expect(await world.creditOf(credit)).toMatchObject({
      status: 'reversed',
      left: '0.00',
      invoiceId: invoice,
      reversedOnInvoiceId: second?.id,
    })
    await world.expectReconciled()
  })

  test('the same with new charges in the run that reverses', async () => {
    const acme = await account({ charges: ['140.00'], credits: [{ amount: '50.00', automatic: false }] })
    const credit = acme.credits[0] as string
    await bill()
    const [invoice] = await world.invoicesOf(acme)
    await world.disburse(credit, invoice?.id as string, '50.00')
    await world.requestReversal(credit)
    await world.charge(acme, '140.00')
    await bill('2026-02-28')

    expect(await world.balancesOf(acme)).toEqual(['90.00', '190.00'])
    const [, second] = await world.invoicesOf(acme)
    expect(second).toMatchObject({ totalCharge: '140.00', total: '190.00' })
    await world.expectReconciled()
  })

  test('charges 140, automatic credit 50: balance 90, left 0', async () => {
    const acme = await account({ charges: ['140.00'], credits: [{ amount: '50.00', automatic: true }] })
    await bill()
    expect(await world.balancesOf(acme)).toEqual(['90.00'])
    expect(await lefts(acme)).toEqual(['0.00'])
    await world.expectReconciled()
  })

  test('charges 30, automatic credit 50: balance 0, left 20; later charges 100: balance 80, left 0', async () => {
    const acme = await account({ charges: ['30.00'], credits: [{ amount: '50.00', automatic: true }] })
    await bill()
    expect(await world.balancesOf(acme)).toEqual(['0.00'])
    expect(await lefts(acme)).toEqual(['20.00'])

    await world.charge(acme, '100.00')
    await bill('2026-02-28')
    expect(await world.balancesOf(acme)).toEqual(['0.00', '80.00'])
    expect(await lefts(acme)).toEqual(['0.00'])
    await world.expectReconciled()
  })

  test('unpaid invoice 100, charges 40, automatic credit 120: older 0, new 20, left 0', async () => {
    const acme = await account({ charges: ['100.00'] })
    await bill()
    await world.charge(acme, '40.00')
    const credit = await world.credit(acme, '120.00', { automatic: true })
    await bill('2026-02-28')

    expect(await world.balancesOf(acme)).toEqual(['0.00', '20.00'])
    const [older, newer] = await world.invoicesOf(acme)
    expect(await world.creditOf(credit)).toMatchObject({
      left: '0.00',
      invoiceId: newer?.id,
      disbursements: [
        { invoiceId: older?.id, amount: '100.00' },
        { invoiceId: newer?.id, amount: '20.00' },
      ],
    })
    await world.expectReconciled()
  })

  test('charges 10, automatic credits 20 then 50: balance 0; the first has 10 left, the second 50', async () => {
    const acme = await account({ charges: ['10.00'] })
    const first = await world.credit(acme, '20.00', { automatic: true })
    const second = await world.credit(acme, '50.00', { automatic: true })
    await bill()
    expect(await world.balancesOf(acme)).toEqual(['0.00'])
    expect([await world.creditOf(first), await world.creditOf(second)]).toMatchObject([
      { left: '10.00' },
      { left: '50.00' },
    ])
    await world.expectReconciled()
  })

  test('invoice 140, manual credit 50 undisbursed and reversed: new total 50, balance 0; old 140; left 0', async () => {
    const acme = await account({ charges: ['140.00'], credits: [{ amount: '50.00', automatic: false }] })
    await bill()
    await world.requestReversal(acme.credits[0] as string)
    await bill('2026-02-28')

    const [old, second] = await world.invoicesOf(acme)
    expect(old).toMatchObject({ balance: '140.00' })
    expect(second).toMatchObject({ totalCharge: '0.00', total: '50.00', balance: '0.00' })
    expect(second?.disbursements).toMatchObject([{ creditId: acme.credits[0], amount: '50.00' }])
    expect(await lefts(acme)).toEqual(['0.00'])
    await world.expectReconciled()
  })

  test('invoice 140, 20 of 50 disbursed, reversed: new total 50, balance 20; old 120; left 0', async () => {
    const acme = await account({ charges: ['140.00'], credits: [{ amount: '50.00', automatic: false }] })
    const credit = acme.credits[0] as string
    await bill()
    const [invoice] = await world.invoicesOf(acme)
    await world.disburse(credit, invoice?.id as string, '20.00')
    expect(await world.balancesOf(acme)).toEqual(['120.00'])
    await world.requestReversal(credit)
    await bill('2026-02-28')

    const [old, second] = await world.invoicesOf(acme)
    expect(old).toMatchObject({ balance: '120.00' })
    expect(second).toMatchObject({ total: '50.00', balance: '20.00' })
    expect(await world.creditOf(credit)).toMatchObject({ status: 'reversed', left: '0.00' })
    await world.expectReconciled()
  })

  test('a reversal asked for twice is one Reversed Credit', async () => {
    const acme = await account({ charges: ['140.00'], credits: [{ amount: '50.00', automatic: true }] })
    const credit = acme.credits[0] as string
    await bill()
    const jobs = [await world.requestReversal(credit), await world.requestReversal(credit)]
    expect(jobs[0]).toBe(jobs[1])
    await bill('2026-02-28')
    await bill('2026-03-31')

    expect(await world.balancesOf(acme)).toEqual(['90.00', '50.00'])
    const [, second] = await world.invoicesOf(acme)
    expect(second?.transactions).toEqual([{ type: 'reversed_credit', amount: '50.00' }])
    expect(await refusalOf(world.requestReversal(credit))).toBe('credit_already_reversed')
    await world.expectReconciled()
  })

  test('nothing pending: no invoice', async () => {
    const acme = await account({ charges: ['140.00'], credits: [{ amount: '500.00', automatic: true }] })
    await bill()
    await bill('2026-02-28')
    const again = await world.billRun({ accounts: [acme], batchSize })
    expect(await world.invoicesOf(acme)).toHaveLength(1)
    expect(await world.runOf(again)).toMatchObject({ status: 'completed' })
    await world.expectReconciled()
  })

  test('a credit alone makes an invoice of nothing', async () => {
    const acme = await account({ credits: [{ amount: '50.00', automatic: true }] })
    await bill()
    expect(await world.invoicesOf(acme)).toMatchObject([{ totalCharge: '0.00', total: '0.00', balance: '0.00' }])
    expect(await lefts(acme)).toEqual(['50.00'])
    await world.expectReconciled()
  })

  test('a charge after the bill date waits', async () => {
    const acme = await account({})
    await world.charge(acme, '10.00', '2026-01-31')
    await world.charge(acme, '20.00', '2026-02-01')
    await bill('2026-01-31')
    expect(await world.balancesOf(acme)).toEqual(['10.00'])
    await bill('2026-02-01')
    expect(await world.balancesOf(acme)).toEqual(['10.00', '20.00'])
    await world.expectReconciled()
  })

  test('what is due first is paid first, though it was billed later', async () => {
    const acme = await account({ charges: ['100.00'] })
    await bill('2026-03-31')
    await world.charge(acme, '40.00')
    await world.credit(acme, '60.00', { automatic: true })
    await bill('2026-01-31')
    expect(await world.balancesOf(acme)).toEqual(['80.00', '0.00'])
    await world.expectReconciled()
  })

  test('a deleted credit is never issued', async () => {
    const acme = await account({ charges: ['140.00'], credits: [{ amount: '50.00', automatic: true }] })
    const credit = acme.credits[0] as string
    await world.deleteCredit(credit)
    await world.deleteCredit(credit)
    await bill()
    expect(await world.balancesOf(acme)).toEqual(['140.00'])
    expect(await world.creditOf(credit)).toMatchObject({ status: 'deleted', invoiceId: null, disbursements: [] })
    expect(await refusalOf(world.requestReversal(credit))).toBe('credit_not_issued')
    expect(await refusalOf(world.disburse(credit, (await world.invoicesOf(acme))[0]?.id as string, '1.00'))).toBe(
      'credit_not_issued',
    )
    await world.expectReconciled()
  })

  test('a cancelled reversal leaves the credit as it was, and it can be asked for again', async () => {
    const acme = await account({ charges: ['30.00'], credits: [{ amount: '50.00', automatic: true }] })
    const credit = acme.credits[0] as string
    await bill()
    await world.requestReversal(credit)
    await world.cancelReversal(credit)
    expect(await refusalOf(world.cancelReversal(credit))).toBe('no_reversal_pending')
    await world.charge(acme, '15.00')
    await bill('2026-02-28')
    expect(await world.balancesOf(acme)).toEqual(['0.00', '0.00'])
    expect(await world.creditOf(credit)).toMatchObject({ status: 'issued', left: '5.00' })

    await world.requestReversal(credit)
    await bill('2026-03-31')
    expect(await world.balancesOf(acme)).toEqual(['0.00', '0.00', '45.00'])
    expect(await world.creditOf(credit)).toMatchObject({ status: 'reversed', left: '0.00' })
    await world.expectReconciled()
  })

  test('what is about to be reversed is disbursed neither by hand nor automatically', async () => {
    const acme = await account({ charges: ['30.00'], credits: [{ amount: '50.00', automatic: true }] })
    const credit = acme.credits[0] as string
    await bill()
    await world.requestReversal(credit)
    await world.charge(acme, '100.00')
    const [invoice] = await world.invoicesOf(acme)
    expect(await refusalOf(world.disburse(credit, invoice?.id as string, '1.00'))).toBe('credit_reversal_pending')
    await bill('2026-02-28')

    const [, second] = await world.invoicesOf(acme)
    expect(second).toMatchObject({ totalCharge: '100.00', total: '150.00', balance: '130.00' })
    await world.expectReconciled()
  })

  test('a disbursement is refused beyond what is left, beyond what is owed, and to others', async () => {
    const acme = await account({ charges: ['30.00'], credits: [{ amount: '50.00', automatic: false }] })
    const other = await world.account({ group, charges: ['500.00'] })
    const [credit] = acme.credits as readonly [string]
    expect(await refusalOf(world.requestReversal(credit))).toBe('credit_not_issued')
    await bill()
    const [mine] = await world.invoicesOf(acme)
    const [theirs] = await world.invoicesOf(other)
    const refusal = (invoice: string | undefined, amount: string) =>
      refusalOf(world.disburse(credit, invoice as string, amount))

    expect(await refusal(mine?.id, '30.01')).toBe('amount_exceeds_invoice_balance')
    expect(await refusal(mine?.id, '50.01')).toBe('amount_exceeds_credit_left')
    expect(await refusal(theirs?.id, '1.00')).toBe('invoice_of_other_account')
    expect(await refusal('00000000-0000-4000-8000-000000000000', '1.00')).toBe('invoice_not_found')
    for (const amount of ['0', '-1', '1.001', '1e1', '']) expect(await refusal(mine?.id, amount)).toBe('invalid_amount')
    expect(await world.balancesOf(acme)).toEqual(['30.00'])
    expect(await refusal(mine?.id, '30.00')).toBeUndefined()
    expect(await refusal(mine?.id, '0.01')).toBe('amount_exceeds_invoice_balance')
    await world.expectReconciled()
  })

  test('a disbursement to an invoice in another currency is refused as one to another account', async () => {
    const acme = await account({ currency: 'JPY', charges: ['30'], credits: [{ amount: '50', automatic: false }] })
    const other = await world.account({ group, currency: 'KWD', charges: ['0.001'] })
    await bill()
    const [theirs] = await world.invoicesOf(other)
    const attempt = world.disburse(acme.credits[0] as string, theirs?.id as string, '1')
    expect(await refusalOf(attempt)).toBe('invoice_of_other_account')
    await world.expectReconciled()
  })

  test.each([
    ['JPY', '140', '50', '90', '0'],
    ['KWD', '0.300', '0.100', '0.200', '0.000'],
    ['CLF', '0.0003', '0.0001', '0.0002', '0.0000'],
    ['USD', '999999999999999.99', '0.02', '999999999999999.97', '0.00'],
  ])('in %s: charges %s, automatic credit %s', async (currency, charged, amount, balance, left) => {
    const acme = await account({ currency, charges: [charged], credits: [{ amount, automatic: true }] })
    await bill()
    expect(await world.balancesOf(acme)).toEqual([balance])
    expect(await lefts(acme)).toEqual([left])
    await world.expectReconciled()
  })
})

const lefts = async ({ credits }: TestAccount) => {
  const all = await Promise.all(credits.map((id) => world.creditOf(id)))
  return all.map(({ left }) => left)
}

let seed = 20260131

/** The same numbers in every run of the tests: 0 to 1. */
function chance(): number {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
  return seed / 2_147_483_648
}

const someAmount = () => `${1 + Math.floor(chance() * 200)}`
const several = <T>(make: () => T) => Array.from({ length: Math.floor(chance() * 3) }, make)

function someAccount(): NewTestAccount {
  return {
    group,
    currency: ['USD', 'JPY', 'KWD'][Math.floor(chance() * 3)] as string,
    terms: Math.floor(chance() * 60),
    charges: several(someAmount),
    credits: several(() => ({ amount: someAmount(), automatic: chance() < 0.5 })),
  }
}
