import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AcceptedCredit, Invoice, Page, Statement } from '../../src/api/types.ts'
import { Money } from '../../src/money.ts'
import { execute } from '../support/database.ts'
import { get, post } from '../support/expected-answer.ts'
import { TIME, UUID } from '../support/id-and-time.ts'
import { expectProblem } from '../support/problem.ts'
import { openService, type Service } from '../support/service.ts'

let service: Service
let creditId: string

const statement = (query = '', accountId = 'acme') =>
  get<Statement>(service, `/v1/accounts/${accountId}/statement${query}`)

async function bill(billDate: string): Promise<Invoice> {
  await post(service, '/v1/bill-runs', { accountIds: ['acme'], billDate }, 202)
  await service.processAll()
  const { data } = await get<Page<Invoice>>(service, '/v1/invoices?accountId=acme&limit=1')
  return data[0] as Invoice
}

/** The story of one credit: billed, disbursed by hand, reversed. */
beforeAll(async () => {
  service = await openService()
  for (const accountId of ['acme', 'new'])
    await post(service, '/v1/accounts', { accountId, name: 'Acme Ltd', currency: 'USD' }, 201)
  const charge = { accountId: 'acme', amount: '140', description: 'Hosting', chargedOn: '2026-01-01' }
  await post(service, '/v1/charges', { charges: [charge] }, 201)
  const credit = {
    accountId: 'acme',
    amount: '50',
    reason: 'Goodwill',
    reference: 'ticket-1',
    automaticDisbursement: false,
  }
  creditId = (await post<AcceptedCredit>(service, '/v1/credits', credit, 202)).creditId
  await service.processAll()
  const { invoiceId } = await bill('2026-01-31')
  await post(service, `/v1/credits/${creditId}/disbursements`, { invoiceId, amount: '30' }, 201)
  await post(service, `/v1/credits/${creditId}/reversal`, {}, 202)
  await service.processAll()
  await bill('2026-02-28')
})
afterAll(() => service.close())

const common = { at: TIME, currency: 'USD', invoiceId: UUID, reversedCredits: [] }
const ofCredit = { reference: 'ticket-1', debit: '0.00' }

test('every invoice and disbursement, oldest first, with the balance after it, and the proof', async () => {
  const got = await statement()
  const today = new Date().toISOString().slice(0, 10)
  expect(got).toEqual({
    accountId: 'acme',
    currency: 'USD',
    opening: '0.00',
    data: [
      {
        ...common,
        kind: 'invoice',
        date: '2026-01-31',
        description: 'Invoice 1',
        reference: null,
        invoiceNumber: 1,
        creditId: null,
        automatic: null,
        debit: '140.00',
        credit: '0.00',
        balance: '140.00',
      },
      {
        ...common,
        ...ofCredit,
        kind: 'disbursement',
        date: today,
        description: 'Goodwill, to invoice 1',
        invoiceNumber: 1,
        creditId,
        automatic: false,
        credit: '30.00',
        balance: '110.00',
      },
      {
        ...common,
        kind: 'invoice',
        date: '2026-02-28',
        description: 'Invoice 2',
        reference: null,
        invoiceNumber: 2,
        creditId: null,
        automatic: null,
        debit: '50.00',
        credit: '0.00',
        balance: '160.00',
        reversedCredits: [{ creditId, description: 'Reversed Credit: Goodwill', amount: '50.00' }],
      },
      {
        ...common,
        ...ofCredit,
        kind: 'disbursement',
        date: today,
        description: 'Goodwill, to invoice 2',
        invoiceNumber: 2,
        creditId,
        automatic: true,
        credit: '20.00',
        balance: '140.00',
      },
    ],
    nextCursor: null,
    debits: '190.00',
    credits: '50.00',
    closing: '140.00',
    proof: {
      owed: '140.00',
      charged: '140.00',
      reversed: '50.00',
      disbursed: '50.00',
      issued: '50.00',
      creditLeft: '0.00',
      conserved: true,
    },
  })
})

test('a range opens with what was owed before it, and closes with what was owed at its end', async () => {
  const { data } = await statement()
  const [, disbursed, second] = data
  const range = await statement(`?from=${disbursed?.at}&to=${second?.at}`)
  expect(range).toMatchObject({ opening: '140.00', debits: '0.00', credits: '30.00', closing: '110.00' })
  expect(range.data).toEqual([disbursed])
  expect(range.proof.conserved).toBe(true)
  const after = await statement('?from=2100-01-01T00:00:00Z')
  expect(after).toMatchObject({ opening: '140.00', data: [], closing: '140.00' })
  const before = await statement('?to=2000-01-01T00:00:00Z')
  expect(before).toMatchObject({ opening: '0.00', data: [], closing: '0.00' })
})

test('page by page, the balance goes on', async () => {
  const { data } = await statement()
  const walked: Statement['data'][number][] = []
  for (let cursor = ''; ; ) {
    const page = await statement(`?limit=1${cursor}`)
    walked.push(...page.data)
    expect(page).toMatchObject({ opening: '0.00', closing: '140.00' })
    if (page.nextCursor === null) break
    cursor = `&cursor=${page.nextCursor}`
  }
  expect(walked).toEqual(data)
})

test('as CSV, with the running balance', async () => {
  const answer = await service.call('GET', '/v1/accounts/acme/statement', { headers: { accept: 'text/csv' } })
  expect(answer.headers['content-disposition']).toMatch(/^attachment; filename="statement-/)
  const rows = parse(answer.text, { columns: true, bom: true }) as readonly Record<string, string>[]
  expect(
    rows
      .map(({ date, description, debit, credit, balance, currency }) =>
        [date, description, debit, credit, balance, currency].join(' '),
      )
      .slice(0, 3),
  ).toEqual([
    '2026-01-31 Invoice 1 140.00 0.00 140.00 USD',
    `${new Date().toISOString().slice(0, 10)} Goodwill, to invoice 1 0.00 30.00 110.00 USD`,
    '2026-02-28 Invoice 2 50.00 0.00 160.00 USD',
  ])
})

test('of an account that is new', async () => {
  const { data, opening, closing, proof } = await statement('', 'new')
  expect({ data, opening, closing }).toEqual({ data: [], opening: '0.00', closing: '0.00' })
  expect(proof.conserved).toBe(true)
})

test('of nobody: 404; with a wrong time or cursor: 400', async () => {
  expectProblem(await service.call('GET', '/v1/accounts/nobody/statement'), 404, 'account_not_found')
  expectProblem(await service.call('GET', '/v1/accounts/acme/statement?from=2026-01-01'), 400, 'invalid_request')
  expectProblem(await service.call('GET', '/v1/accounts/acme/statement?cursor=x'), 400, 'invalid_cursor')
})

test('what was changed behind the rules is seen', async () => {
  await execute(
    service.database.ownerUrl,
    `set session_replication_role = replica; update invoice set balance = balance - 1 where number = 1`,
  )
  const { proof, closing } = await statement()
  expect(proof.conserved).toBe(false)
  expect(new Money(closing).minus(proof.owed).toFixed(2)).toBe('1.00')
})
