import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type {
  AcceptedBillRun,
  AcceptedCredit,
  Account,
  BillRun,
  Charge,
  Credit,
  Disbursement,
  DisbursementAnswer,
  Invoice,
  Job,
  Page,
  PreviewedInvoice,
} from '../../src/api/types.ts'
import { events } from '../support/bill-run-events.ts'
import { eventually } from '../support/eventually.ts'
import { get, post } from '../support/expected-answer.ts'
import { TIME, UUID } from '../support/id-and-time.ts'
import { expectProblem } from '../support/problem.ts'
import { openService, type Service } from '../support/service.ts'

const TODAY = new Date().toISOString().slice(0, 10)

let service: Service

beforeAll(async () => {
  service = await openService()
  await service.startWorkers()
})
afterAll(() => service.close())

async function done(jobId: string): Promise<Job> {
  return await eventually(
    async () => {
      const job = await get<Job>(service, `/v1/jobs/${jobId}`)
      expect(job.status).toMatch(/done|failed/)
      return job
    },
    { timeoutMs: 180_000 },
  )
}

async function ended(billRunId: string): Promise<BillRun> {
  return await eventually(
    async () => {
      const run = await get<BillRun>(service, `/v1/bill-runs/${billRunId}`)
      expect(run.finishedAt).not.toBeNull()
      return run
    },
    { timeoutMs: 180_000 },
  )
}

describe.each([
  { currency: 'USD', accountId: 'in-dollars', charged: '140', sums: ['0.00', '140.00', '50.00', '90.00', '50.00'] },
  { currency: 'JPY', accountId: 'in-yen', charged: '140', sums: ['0', '140', '50', '90', '50'] },
  {
    currency: 'KWD',
    accountId: 'in-dinars',
    charged: '140.000',
    sums: ['0.000', '140.000', '50.000', '90.000', '50.000'],
  },
] as const)('a credit from the first call to the last, in $currency', ({ currency, accountId, charged, sums }) => {
  const [none, all, given, rest] = sums
  let credit: AcceptedCredit
  let run: BillRun
  let invoice: Invoice
  let chargeId: string

  const billed = async (body: object) => {
    const { billRunId } = await post<AcceptedBillRun>(
      service,
      '/v1/bill-runs',
      { accountIds: [accountId], ...body },
      202,
    )
    return await ended(billRunId)
  }

  test('the account is created, once', async () => {
    const body = { accountId, name: 'Somebody', currency, billGroup: 'calls', paymentTermsDays: 14 }
    const first = await service.call<Account>('POST', '/v1/accounts', { body })
    expect(first.status).toBe(201)
    expect(first.headers.location).toBe(`/v1/accounts/${accountId}`)
    expect(first.body).toEqual({ ...body, balance: none, creditLeft: none, createdAt: TIME })
    expect(await post(service, '/v1/accounts', body, 200)).toEqual(first.body)
    expect(await get(service, `/v1/accounts/${accountId}`)).toMatchObject(first.body)
  })

  test('the charge is recorded, once', async () => {
    const charge = { accountId, amount: charged, description: 'Hosting', chargedOn: '2026-01-01', reference: 'line' }
    const { charges } = await post<{ charges: Charge[] }>(service, '/v1/charges', { charges: [charge] }, 201)
    expect(charges).toEqual([{ ...charge, chargeId: UUID, amount: all, currency, createdAt: TIME }])
    chargeId = charges[0]?.chargeId as string
    expect(await post(service, '/v1/charges', { charges: [charge] }, 201)).toEqual({ charges })
  })

  test('the credit is accepted, and recorded by a worker', async () => {
    const body = {
      accountId,
      amount: '50',
      reason: 'Goodwill',
      note: 'Sorry',
      reference: 'r-1',
      automaticDisbursement: false,
    }
    const answer = await service.call<AcceptedCredit>('POST', '/v1/credits', { body })
    expect(answer.status).toBe(202)
    expect(answer.body).toEqual({ jobId: UUID, creditId: UUID, status: 'queued' })
    expect(answer.headers.location).toBe(`/v1/jobs/${answer.body.jobId}`)
    credit = answer.body
    expect(await done(credit.jobId)).toEqual({
      jobId: credit.jobId,
      type: 'credit',
      status: 'done',
      attempts: 1,
      error: null,
      trouble: null,
      result: { creditId: credit.creditId },
      accountId,
      accountName: 'Somebody',
      creditId: credit.creditId,
      amount: sums[2],
      currency,
      reason: 'Goodwill',
      reference: 'r-1',
      automaticDisbursement: false,
      createdAt: TIME,
      finishedAt: TIME,
    })
    expect(await get(service, `/v1/credits/${credit.creditId}`)).toEqual({
      creditId: credit.creditId,
      accountId,
      accountName: 'Somebody',
      amount: given,
      currency,
      amountLeft: given,
      status: 'pending',
      reason: 'Goodwill',
      note: 'Sorry',
      reference: 'r-1',
      automaticDisbursement: false,
      invoiceId: null,
      invoiceNumber: null,
      reversedOnInvoiceId: null,
      reversedOnInvoiceNumber: null,
      createdAt: TIME,
    })
  })

  test('the preview is what the run then makes', async () => {
    const asked = { accountIds: [accountId], billDate: '2026-01-31' }
    const { invoices } = await post<{ invoices: PreviewedInvoice[] }>(service, '/v1/bill-runs/preview', asked, 200)
    const previewed = {
      accountId,
      currency,
      totalCharge: all,
      total: all,
      balance: all,
      status: 'unpaid',
      issuedOn: '2026-01-31',
      dueOn: '2026-02-14',
      transactions: [
        { type: 'charge', amount: all, currency, description: 'Hosting', chargeId },
        {
          type: 'credit',
          amount: given,
          currency,
          description: 'Credit: Goodwill',
          creditId: credit.creditId,
          creditReason: 'Goodwill',
        },
      ],
      transactionCount: 2,
      disbursements: [],
    }
    expect(invoices).toEqual([previewed])

    const started = await service.call<AcceptedBillRun>('POST', '/v1/bill-runs', {
      body: { ...asked, name: 'January' },
    })
    expect(started.status).toBe(202)
    const { billRunId } = started.body
    expect(started.body).toEqual({ billRunId: UUID, status: 'queued' })
    expect(started.headers.location).toBe(`/v1/bill-runs/${billRunId}`)
    const seen = await events(service, billRunId)
    run = await ended(billRunId)
    expect(run).toEqual({
      billRunId,
      name: 'January',
      billGroup: null,
      billDate: '2026-01-31',
      status: 'completed',
      schedule: null,
      startedBy: 'bootstrap',
      selecting: false,
      progress: { accounts: 1, billed: 1, nothingToBill: 0, failed: 0 },
      totals: [
        {
          currency,
          invoices: 1,
          charged: all,
          creditsIssued: { count: 1, amount: given },
          disbursed: none,
          creditsReversed: { count: 0, amount: none },
        },
      ],
      trouble: null,
      cancelledBy: null,
      cancelReason: null,
      createdAt: TIME,
      startedAt: TIME,
      finishedAt: TIME,
    })
    expect(seen.at(-1)).toEqual(run)
    expect(seen.slice(0, -1).every(({ finishedAt }) => finishedAt === null)).toBe(true)
    expect(await get(service, `/v1/bill-runs/${billRunId}/failures`)).toEqual({ data: [], nextCursor: null })

    const page = await get<Page<Invoice>>(service, `/v1/invoices?billRunId=${billRunId}`)
    expect(page).toEqual({
      data: [
        {
          ...previewed,
          invoiceId: UUID,
          number: expect.any(Number),
          accountName: 'Somebody',
          billRunId,
          billRun: { name: 'January', schedule: null, billDate: '2026-01-31' },
          overdueDays: expect.any(Number),
        },
      ],
      nextCursor: null,
    })
    invoice = page.data[0] as Invoice
    const one = { ...invoice, previousNumber: null, nextNumber: null }
    expect(await get(service, `/v1/invoices/${invoice.invoiceId}`)).toEqual(one)
    expect(await get(service, `/v1/invoices/${invoice.number}`)).toEqual(one)
    expect(await get(service, `/v1/invoices?number=${invoice.number}`)).toEqual(page)
    expect(await get<Account>(service, `/v1/accounts/${accountId}`)).toMatchObject({ balance: all, creditLeft: given })
  })

  test('the issued credit names its invoice, and is disbursed by hand', async () => {
    const path = `/v1/credits/${credit.creditId}`
    expect(await get<Credit>(service, path)).toMatchObject({
      status: 'issued',
      amountLeft: given,
      invoiceId: invoice.invoiceId,
      invoiceNumber: invoice.number,
    })
    expect(await get(service, `${path}/unpaid-invoices`)).toEqual({ data: [invoice], nextCursor: null })
    expectProblem(await service.call('DELETE', path), 409, 'credit_already_issued')

    const to = { invoiceId: invoice.invoiceId, amount: '50' }
    const answer = await post<DisbursementAnswer>(service, `${path}/disbursements`, to, 201)
    const disbursement = {
      disbursementId: UUID,
      creditId: credit.creditId,
      creditReason: 'Goodwill',
      invoiceId: invoice.invoiceId,
      invoiceNumber: invoice.number,
      amount: given,
      currency,
      automatic: false,
      keyId: UUID,
      keyName: 'bootstrap',
      createdAt: TIME,
    }
    expect(answer.disbursement).toEqual(disbursement)
    expect(answer.credit).toEqual(await get(service, path))
    expect(answer.credit).toMatchObject({ status: 'issued', amountLeft: none })
    expect(answer.invoice).toEqual({ ...invoice, balance: rest, disbursements: [answer.disbursement] })
    expect(await get<Page<Disbursement>>(service, `${path}/disbursements`)).toEqual({
      data: [answer.disbursement],
      nextCursor: null,
    })
    expectProblem(await service.call('POST', `${path}/disbursements`, { body: to }), 409, 'amount_exceeds_credit_left')
  })

  test('its reversal is asked for, asked for again, cancelled, and asked for again', async () => {
    const path = `/v1/credits/${credit.creditId}/reversal`
    const first = await service.call<AcceptedCredit>('POST', path, { body: { reason: 'By mistake' } })
    expect(first.status).toBe(202)
    expect(first.body).toEqual({ jobId: UUID, creditId: credit.creditId, status: 'queued' })
    expect(first.headers.location).toBe(`/v1/jobs/${first.body.jobId}`)
    expect(await post(service, path, {}, 202)).toEqual(first.body)
    expect(await done(first.body.jobId)).toMatchObject({ type: 'reversal', status: 'done' })
    expect(await post(service, path, undefined, 202)).toEqual(first.body)
    expect(await get<Credit>(service, `/v1/credits/${credit.creditId}`)).toMatchObject({ status: 'reversal_pending' })

    expect((await service.call('DELETE', path)).status).toBe(204)
    expect(await get<Credit>(service, `/v1/credits/${credit.creditId}`)).toMatchObject({ status: 'issued' })
    expectProblem(await service.call('DELETE', path), 409, 'no_reversal_pending')

    const second = await post<AcceptedCredit>(service, path, {}, 202)
    expect(second.jobId).not.toBe(first.body.jobId)
    await done(second.jobId)
  })

  test('the next run reverses it: a new invoice of its full amount, the first as it was', async () => {
    const next = await billed({ billDate: '2026-02-28' })
    expect(next.totals).toEqual([
      {
        currency,
        invoices: 1,
        charged: none,
        creditsIssued: { count: 0, amount: none },
        disbursed: none,
        creditsReversed: { count: 1, amount: given },
      },
    ])
    const { data } = await get<Page<Invoice>>(service, `/v1/invoices?accountId=${accountId}&status=unpaid`)
    expect(data).toMatchObject([
      {
        total: given,
        totalCharge: none,
        balance: given,
        transactions: [{ type: 'reversed_credit', amount: given, description: 'Reversed Credit: Goodwill' }],
      },
      { invoiceId: invoice.invoiceId, balance: rest },
    ])
    expect(await get<Credit>(service, `/v1/credits/${credit.creditId}`)).toMatchObject({
      status: 'reversed',
      amountLeft: none,
      reversedOnInvoiceId: data[0]?.invoiceId,
    })
    expectProblem(await service.call('POST', `/v1/credits/${credit.creditId}/reversal`), 409, 'credit_already_reversed')
  })

  test('a pending credit is deleted, and deleted again', async () => {
    const { creditId, jobId } = await post<AcceptedCredit>(
      service,
      '/v1/credits',
      { accountId, amount: '1', reason: 'x' },
      202,
    )
    await done(jobId)
    for (let index = 0; index < 2; index += 1) {
      const answer = await service.call('DELETE', `/v1/credits/${creditId}`)
      expect([answer.status, answer.text]).toEqual([204, ''])
    }
    expect(await get<Credit>(service, `/v1/credits/${creditId}`)).toMatchObject({ status: 'deleted' })
  })
})

test('charges of today, an automatic credit and the group are what is taken when nothing is said', async () => {
  await post(service, '/v1/accounts', { accountId: 'plain', name: 'Plain', currency: 'USD' }, 201)
  const { charges } = await post<{ charges: Charge[] }>(
    service,
    '/v1/charges',
    { charges: [{ accountId: 'plain', amount: '3', description: 'x' }] },
    201,
  )
  expect(charges[0]).toMatchObject({ chargedOn: TODAY, reference: null })
  const { jobId, creditId } = await post<AcceptedCredit>(
    service,
    '/v1/credits',
    { accountId: 'plain', amount: '2', reason: 'x' },
    202,
  )
  await done(jobId)
  const { billRunId } = await post<AcceptedBillRun>(service, '/v1/bill-runs', {}, 202)
  expect(await ended(billRunId)).toMatchObject({
    billGroup: 'default',
    billDate: TODAY,
    name: null,
    status: 'completed',
  })
  const { data } = await get<Page<Invoice>>(service, '/v1/invoices?accountId=plain')
  expect(data).toMatchObject([{ balance: '1.00', disbursements: [{ creditId, amount: '2.00', automatic: true }] }])
})

test('text is kept as it was sent, to the last character that is allowed', async () => {
  const body = {
    accountId: 'in-yen',
    amount: '1',
    reason: '😀'.repeat(500),
    note: `é\n\t"${'界'.repeat(1_996)}`,
    reference: '𝄞'.repeat(200),
  }
  const { jobId, creditId } = await post<AcceptedCredit>(service, '/v1/credits', body, 202)
  expect(await done(jobId)).toMatchObject({ status: 'done' })
  expect(await get<Credit>(service, `/v1/credits/${creditId}`)).toMatchObject({
    reason: body.reason,
    note: body.note,
    reference: body.reference,
  })
})
