import { afterAll, beforeAll, expect, test } from 'vitest'
import { presentBillRun } from '../../src/api/views/bill-run-view.ts'
import { type InvoiceView, presentInvoice } from '../../src/api/views/invoice-view.ts'
import type { Db } from '../../src/db/open.ts'
import { Money } from '../../src/money.ts'
import { readBillRun } from '../../src/reads/bill-runs.ts'
import { listInvoices, readInvoice } from '../../src/reads/invoices.ts'
import { afterEachStatement } from '../support/after-each-statement.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World

beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

/** The newest invoices. */
async function newest(db: Db): Promise<readonly InvoiceView[]> {
  const all = { accountId: undefined, billRunId: undefined, status: undefined, number: undefined }
  return (await listInvoices(db, { ...all, limit: 10, after: undefined })).map(presentInvoice)
}

const WAYS: readonly (readonly [string, (db: Db, invoiceId: string) => Promise<InvoiceView | undefined>])[] = [
  ['alone', async (db, id) => presentInvoice(await readInvoice(db, id))],
  ['on a page', async (db, id) => (await newest(db)).find(({ invoiceId }) => invoiceId === id)],
]

test.each(WAYS)('an invoice %s: its balance and its disbursements are of one moment', async (_, read) => {
  const account = await world.account({ charges: ['140'], credits: [{ amount: '50', automatic: false }] })
  await world.billRun({ accounts: [account] })
  const [{ id } = { id: '' }] = await world.invoicesOf(account)
  const disbursing = afterEachStatement(world.db, () => world.disburse(account.credits[0] as string, id, '10'))
  const seen = await read(disbursing, id)
  const disbursed = seen?.disbursements.map(({ amount }) => amount) ?? []
  expect(new Money(seen?.balance ?? 0).plus(Money.sum(0, ...disbursed)).toFixed(2)).toBe('140.00')
  const later = await read(world.db, id)
  expect(later?.disbursements.length).toBeGreaterThan(0)
  expect(new Money(later?.balance ?? 0).lt(seen?.balance ?? 0)).toBe(true)
})

test('a bill run under way: its progress and its totals are of one moment', async () => {
  const accounts = await world.accounts([1, 2, 3, 4, 5].map(() => ({ charges: ['10'] })))
  const billRunId = await world.start({ accounts })
  const batches = [...(await world.select(billRunId, 1))]
  await world.processBatches(batches.splice(0, 1))
  const billing = afterEachStatement(world.db, () => world.processBatches(batches.splice(0, 1)))
  for (const billed of [1, 2, 3, 4, 5]) {
    const run = presentBillRun(await readBillRun(billing, billRunId))
    expect(run.progress.billed).toBe(billed)
    expect(run.totals).toMatchObject([{ currency: 'USD', invoices: billed, charged: `${billed}0.00` }])
  }
})

test('every digit of the largest amounts is kept', async () => {
  const largest = '999999999999999.9999'
  const account = await world.account({
    currency: 'CLF',
    charges: [largest, largest],
    credits: [{ amount: largest, automatic: true }],
  })
  const billRunId = await world.billRun({ accounts: [account] })
  const invoices = (await newest(world.db)).filter((invoice) => invoice.billRunId === billRunId)
  expect(invoices).toMatchObject([
    {
      total: '1999999999999999.9998',
      balance: largest,
      transactions: [{ amount: largest }, { amount: largest }, { amount: largest }],
      disbursements: [{ amount: largest, automatic: true }],
    },
  ])
  const run = presentBillRun(await readBillRun(world.db, billRunId))
  expect(run.totals).toMatchObject([
    { charged: '1999999999999999.9998', creditsIssued: { count: 1, amount: largest }, disbursed: largest },
  ])
})
