import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Invoice, InvoiceTransaction, Page, PreviewedInvoice } from '../../src/api/types.ts'
import { countOf } from '../support/count-of.ts'
import { execute } from '../support/database.ts'
import { get } from '../support/expected-answer.ts'
import { expectProblem } from '../support/problem.ts'
import { openService, type Service } from '../support/service.ts'

const MANY = 50_000

let service: Service

beforeAll(async () => {
  service = await openService()
  for (const accountId of ['many', 'some', 'few'])
    await service.call('POST', '/v1/accounts', { body: { accountId, name: accountId, currency: 'USD' } })
  // The later an id, the earlier the date: the order of an invoice is by date.
  const charges = (key: string, count: number) =>
    execute(
      service.database.ownerUrl,
      `insert into charge (id, account_id, amount, description, charged_on)
       select ('019ac0de-0000-7000-800' || account.id || '-' || lpad(to_hex(n), 12, '0'))::uuid, account.id, 0.01, 'Line ' || n, date '2026-01-31' - n / (${count} / 20)
       from account, generate_series(1, ${count}) n where key = '${key}'`,
    )
  await charges('many', MANY)
  await charges('some', 150)
  await charges('few', 40)
})
afterAll(() => service.close())

type Preview = { readonly invoices: readonly (PreviewedInvoice & Invoice)[] }
const preview = (accountIds: readonly string[], headers: Record<string, string> = {}) =>
  service.call<Preview>('POST', '/v1/bill-runs/preview', { body: { accountIds, billDate: '2026-01-31' }, headers })

test('a preview says the sums of any number of charges, and shows the first of them', async () => {
  const { body, text } = await preview(['many'])
  expect(body.invoices).toMatchObject([
    { totalCharge: '500.00', total: '500.00', balance: '500.00', transactionCount: MANY },
  ])
  expect(body.invoices[0]?.transactions).toHaveLength(100)
  expect(text.length).toBeLessThan(30_000)
  const several = await preview(['many', 'few'])
  expect(
    several.body.invoices.map(({ transactions, transactionCount }) => [transactions?.length, transactionCount]),
  ).toEqual([
    [20, MANY],
    [20, 40],
  ])
})

test('a preview is kept under no key, and a key that is none is refused', async () => {
  const before = await countOf(service.db, 'idempotency_record')
  for (let index = 0; index < 2; index += 1) {
    const answer = await preview(['few'], { 'idempotency-key': 'a-preview' })
    expect([answer.status, answer.headers['idempotent-replayed']]).toEqual([200, undefined])
  }
  expect((await preview(['some'], { 'idempotency-key': 'a-preview' })).status).toBe(200)
  expect(await countOf(service.db, 'idempotency_record')).toBe(before)
  expectProblem(await preview(['few'], { 'idempotency-key': 'a b' }), 400, 'invalid_idempotency_key')
})

test('the lines that a preview shows first stand first on the invoice, which pages through all of them', async () => {
  const { body } = await preview(['some'])
  const credit = { accountId: 'some', amount: '1', reason: 'Goodwill' }
  expect((await service.call('POST', '/v1/credits', { body: credit })).status).toBe(202)
  await service.processAll()
  await service.call('POST', '/v1/bill-runs', { body: { accountIds: ['some'], billDate: '2026-01-31' } })
  await service.processAll()

  const { data } = await get<Page<Invoice>>(service, '/v1/invoices?accountId=some')
  expect(data[0]).toMatchObject({ totalCharge: '1.50', transactionCount: 151 })
  expect(data[0]?.transactions).toEqual(body.invoices[0]?.transactions?.slice(0, 20))
  const one = await get<Invoice>(service, `/v1/invoices/${data[0]?.invoiceId}`)
  expect(one).toMatchObject({ transactionCount: 151 })
  expect(one.transactions).toEqual(body.invoices[0]?.transactions)

  const lines: InvoiceTransaction[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const more: string = cursor === '' ? '' : `&cursor=${cursor}`
    const page: Page<InvoiceTransaction> = await get(
      service,
      `/v1/invoices/${one.invoiceId}/transactions?limit=60${more}`,
    )
    lines.push(...page.data)
    cursor = page.nextCursor
  }
  expect(lines).toHaveLength(151)
  expect(lines.slice(0, 100)).toEqual(one.transactions)
  expect(lines.at(-1)).toMatchObject({ type: 'credit', description: 'Credit: Goodwill' })
  expect(new Set(lines.map(({ chargeId, creditId }) => chargeId ?? creditId)).size).toBe(151)
})

test('the lines of an invoice that there is not: 404', async () => {
  const answer = await service.call('GET', '/v1/invoices/019ac0de-0000-7000-8000-0000000000ff/transactions')
  expectProblem(answer, 404, 'invoice_not_found')
})
