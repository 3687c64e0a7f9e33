import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type {
  AcceptedBillRun,
  AcceptedCredit,
  Account,
  BillRun,
  Charge,
  Credit,
  CreditBatchAnswer,
  Disbursement,
  DisbursementAnswer,
  Invoice,
  Job,
  Page,
  PreviewedInvoice,
  Schedule,
} from '../../src/client/api-types.ts'
import { eventually } from '../support/eventually.ts'
import { furnish, type Ids } from '../support/furnished.ts'
import { expectProblem } from '../support/problem.ts'
import { BOOTSTRAP_KEY, openService, type Service } from '../support/service.ts'

const UUID = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/)
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const TODAY = new Date().toISOString().slice(0, 10)

let service: Service
/** A service that nothing happens in unless a test says so: for lists and for what is refused. */
let still: Service
let ids: Ids

beforeAll(async () => {
  service = await openService()
  await service.startWorkers()
  still = await openService()
  ids = await furnish(still)
})
afterAll(async () => {
  await Promise.all([service.close(), still.close()])
})

async function get<Body>(path: string, on: Service = service): Promise<Body> {
  const answer = await on.call<Body>('GET', path)
  expect(answer.status, answer.text).toBe(200)
  return answer.body
}

async function post<Body>(
  path: string,
  body: object | undefined,
  status: number,
  on: Service = service,
): Promise<Body> {
  const answer = await on.call<Body>('POST', path, body ? { body } : {})
  expect(answer.status, answer.text).toBe(status)
  return answer.body
}

async function done(jobId: string): Promise<Job> {
  return await eventually(
    async () => {
      const job = await get<Job>(`/v1/jobs/${jobId}`)
      expect(job.status).toMatch(/done|failed/)
      return job
    },
    { timeoutMs: 30_000 },
  )
}

async function ended(billRunId: string): Promise<BillRun> {
  return await eventually(
    async () => {
      const run = await get<BillRun>(`/v1/bill-runs/${billRunId}`)
      expect(run.finishedAt).not.toBeNull()
      return run
    },
    { timeoutMs: 30_000 },
  )
}

/** A bill run's events, from the first to the one after which the service ended them. */
function events(billRunId: string, on: Service = service, onData: () => void = () => {}): Promise<readonly BillRun[]> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${BOOTSTRAP_KEY}` }
    request(`${on.url}/v1/bill-runs/${billRunId}/events`, { headers }, (response) => {
      expect(response.statusCode).toBe(200)
      expect(response.headers['content-type']).toBe('text/event-stream')
      expect(response.headers['cache-control']).toBe('no-store')
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
        onData()
      })
      response.once('error', reject)
      response.once('end', () => {
        const blocks = text.split('\n\n').filter((block) => block.startsWith('event: bill-run\n'))
        resolve(blocks.map((block) => JSON.parse(block.replace('event: bill-run\ndata: ', ''))))
      })
    })
      .once('error', reject)
      .end()
  })
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
    const { billRunId } = await post<AcceptedBillRun>('/v1/bill-runs', { accountIds: [accountId], ...body }, 202)
    return await ended(billRunId)
  }

  test('the account is created, once', async () => {
    const body = { accountId, name: 'Somebody', currency, billGroup: 'calls', paymentTermsDays: 14 }
    const first = await service.call<Account>('POST', '/v1/accounts', { body })
    expect(first.status).toBe(201)
    expect(first.headers.location).toBe(`/v1/accounts/${accountId}`)
    expect(first.body).toEqual({ ...body, balance: none, creditLeft: none, createdAt: TIME })
    expect(await post('/v1/accounts', body, 200)).toEqual(first.body)
    expect(await get(`/v1/accounts/${accountId}`)).toEqual(first.body)
  })

  test('the charge is recorded, once', async () => {
    const charge = { accountId, amount: charged, description: 'Hosting', chargedOn: '2026-01-01', reference: 'line' }
    const { charges } = await post<{ charges: Charge[] }>('/v1/charges', { charges: [charge] }, 201)
    expect(charges).toEqual([{ ...charge, chargeId: UUID, amount: all, currency, createdAt: TIME }])
    chargeId = charges[0]?.chargeId as string
    expect(await post('/v1/charges', { charges: [charge] }, 201)).toEqual({ charges })
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
      result: { creditId: credit.creditId },
      createdAt: TIME,
      finishedAt: TIME,
    })
    expect(await get(`/v1/credits/${credit.creditId}`)).toEqual({
      creditId: credit.creditId,
      accountId,
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
      createdAt: TIME,
    })
  })

  test('the preview is what the run then makes', async () => {
    const asked = { accountIds: [accountId], billDate: '2026-01-31' }
    const { invoices } = await post<{ invoices: PreviewedInvoice[] }>('/v1/bill-runs/preview', asked, 200)
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
        { type: 'charge', amount: all, description: 'Hosting', chargeId },
        { type: 'credit', amount: given, description: 'Credit: Goodwill', creditId: credit.creditId },
      ],
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
    const seen = await events(billRunId)
    run = await ended(billRunId)
    expect(run).toEqual({
      billRunId,
      name: 'January',
      billGroup: null,
      billDate: '2026-01-31',
      status: 'completed',
      schedule: null,
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
      createdAt: TIME,
      startedAt: TIME,
      finishedAt: TIME,
    })
    expect(seen.at(-1)).toEqual(run)
    expect(seen.slice(0, -1).every(({ finishedAt }) => finishedAt === null)).toBe(true)
    expect(await get(`/v1/bill-runs/${billRunId}/failures`)).toEqual({ data: [], nextCursor: null })

    const page = await get<Page<Invoice>>(`/v1/invoices?billRunId=${billRunId}`)
    expect(page).toEqual({
      data: [{ ...previewed, invoiceId: UUID, number: expect.any(Number), billRunId }],
      nextCursor: null,
    })
    invoice = page.data[0] as Invoice
    expect(await get(`/v1/invoices/${invoice.invoiceId}`)).toEqual(invoice)
    expect(await get(`/v1/invoices?number=${invoice.number}`)).toEqual(page)
    expect(await get<Account>(`/v1/accounts/${accountId}`)).toMatchObject({ balance: all, creditLeft: given })
  })

  test('the issued credit names its invoice, and is disbursed by hand', async () => {
    const path = `/v1/credits/${credit.creditId}`
    expect(await get<Credit>(path)).toMatchObject({
      status: 'issued',
      amountLeft: given,
      invoiceId: invoice.invoiceId,
      invoiceNumber: invoice.number,
    })
    expect(await get(`${path}/unpaid-invoices`)).toEqual({ data: [invoice], nextCursor: null })
    expectProblem(await service.call('DELETE', path), 409, 'credit_already_issued')

    const to = { invoiceId: invoice.invoiceId, amount: '50' }
    const answer = await post<DisbursementAnswer>(`${path}/disbursements`, to, 201)
    const disbursement = {
      disbursementId: UUID,
      creditId: credit.creditId,
      invoiceId: invoice.invoiceId,
      invoiceNumber: invoice.number,
      amount: given,
      automatic: false,
      createdAt: TIME,
    }
    expect(answer.disbursement).toEqual(disbursement)
    expect(answer.credit).toEqual(await get(path))
    expect(answer.credit).toMatchObject({ status: 'issued', amountLeft: none })
    expect(answer.invoice).toEqual({ ...invoice, balance: rest, disbursements: [answer.disbursement] })
    expect(await get<Page<Disbursement>>(`${path}/disbursements`)).toEqual({
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
    expect(await post(path, {}, 202)).toEqual(first.body)
    expect(await done(first.body.jobId)).toMatchObject({ type: 'reversal', status: 'done' })
    expect(await post(path, undefined, 202)).toEqual(first.body)
    expect(await get<Credit>(`/v1/credits/${credit.creditId}`)).toMatchObject({ status: 'reversal_pending' })

    expect((await service.call('DELETE', path)).status).toBe(204)
    expect(await get<Credit>(`/v1/credits/${credit.creditId}`)).toMatchObject({ status: 'issued' })
    expectProblem(await service.call('DELETE', path), 409, 'no_reversal_pending')

    const second = await post<AcceptedCredit>(path, {}, 202)
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
    const { data } = await get<Page<Invoice>>(`/v1/invoices?accountId=${accountId}&status=unpaid`)
    expect(data).toMatchObject([
      {
        total: given,
        totalCharge: none,
        balance: given,
        transactions: [{ type: 'reversed_credit', amount: given, description: 'Reversed Credit: Goodwill' }],
      },
      { invoiceId: invoice.invoiceId, balance: rest },
    ])
    expect(await get<Credit>(`/v1/credits/${credit.creditId}`)).toMatchObject({
      status: 'reversed',
      amountLeft: none,
      reversedOnInvoiceId: data[0]?.invoiceId,
    })
    expectProblem(await service.call('POST', `/v1/credits/${credit.creditId}/reversal`), 409, 'credit_already_reversed')
  })

  test('a pending credit is deleted, and deleted again', async () => {
    const { creditId, jobId } = await post<AcceptedCredit>('/v1/credits', { accountId, amount: '1', reason: 'x' }, 202)
    await done(jobId)
    for (let index = 0; index < 2; index += 1) {
      const answer = await service.call('DELETE', `/v1/credits/${creditId}`)
      expect([answer.status, answer.text]).toEqual([204, ''])
    }
    expect(await get<Credit>(`/v1/credits/${creditId}`)).toMatchObject({ status: 'deleted' })
  })
})

test('charges of today, an automatic credit and the group are what is taken when nothing is said', async () => {
  await post('/v1/accounts', { accountId: 'plain', name: 'Plain', currency: 'USD' }, 201)
  const { charges } = await post<{ charges: Charge[] }>(
    '/v1/charges',
    { charges: [{ accountId: 'plain', amount: '3', description: 'x' }] },
    201,
  )
  expect(charges[0]).toMatchObject({ chargedOn: TODAY, reference: null })
  const { jobId, creditId } = await post<AcceptedCredit>(
    '/v1/credits',
    { accountId: 'plain', amount: '2', reason: 'x' },
    202,
  )
  await done(jobId)
  const { billRunId } = await post<AcceptedBillRun>('/v1/bill-runs', {}, 202)
  expect(await ended(billRunId)).toMatchObject({
    billGroup: 'default',
    billDate: TODAY,
    name: null,
    status: 'completed',
  })
  const { data } = await get<Page<Invoice>>('/v1/invoices?accountId=plain')
  expect(data).toMatchObject([{ balance: '1.00', disbursements: [{ creditId, amount: '2.00', automatic: true }] }])
})

test('a run is cancelled, once; a finished one is retried without harm', async () => {
  const { billRunId } = await post<AcceptedBillRun>(
    '/v1/bill-runs',
    { accountIds: ['usd'], billDate: '2026-05-31' },
    202,
    still,
  )
  expect(await post<BillRun>(`/v1/bill-runs/${billRunId}/cancel`, undefined, 202, still)).toMatchObject({
    billRunId,
    status: 'cancelled',
  })
  expectProblem(await still.call('POST', `/v1/bill-runs/${billRunId}/cancel`), 409, 'bill_run_finished')
  const before = await get<BillRun>(`/v1/bill-runs/${ids.finishedRun}`, still)
  expect(await post<BillRun>(`/v1/bill-runs/${ids.finishedRun}/retry`, {}, 202, still)).toEqual(before)
})

test('the events of a run that has ended are its end', async () => {
  expect(await events(ids.finishedRun as string, still)).toEqual([
    await get<BillRun>(`/v1/bill-runs/${ids.finishedRun}`, still),
  ])
})

test('whoever watches a run does not keep the service from stopping', async () => {
  const stopping = await openService({ database: still.database })
  const { billRunId } = await post<AcceptedBillRun>('/v1/bill-runs', { billGroup: 'nobody' }, 202, stopping)
  const { promise: firstSeen, resolve: onData } = Promise.withResolvers<void>()
  const watched = events(billRunId, stopping, onData)
  await firstSeen
  const began = Date.now()
  await stopping.close()
  expect(Date.now() - began).toBeLessThan(5_000)
  expect(await watched).toMatchObject([{ billRunId, status: 'queued' }])
  await post(`/v1/bill-runs/${billRunId}/cancel`, undefined, 202, still)
})

describe('references', () => {
  test('a credit with a reference repeated, however it is written, is the first; with other content it is refused', async () => {
    const body = { accountId: 'usd', amount: '8', reason: 'Once', reference: 'only-once' }
    const first = await still.call<AcceptedCredit>('POST', '/v1/credits', { body })
    const again = await still.call('POST', '/v1/credits', {
      body: { ...body, amount: '8.00', automaticDisbursement: true, currency: 'USD' },
    })
    expect([again.status, again.body, again.headers.location]).toEqual([202, first.body, first.headers.location])
    for (const other of [{ amount: '9' }, { reason: 'Twice' }, { note: 'more' }, { automaticDisbursement: false }]) {
      expectProblem(await still.call('POST', '/v1/credits', { body: { ...body, ...other } }), 409, 'reference_reused')
    }
    expect(
      (await still.call('POST', '/v1/credits', { body: { ...body, accountId: 'other', amount: '9' } })).status,
    ).toBe(202)
  })

  test('a charge with a reference repeated is the first, within one request too', async () => {
    const charge = {
      accountId: 'usd',
      amount: '8',
      description: 'Once',
      chargedOn: '2030-01-01',
      reference: 'charged-once',
    }
    const { charges } = await post<{ charges: Charge[] }>(
      '/v1/charges',
      { charges: [charge, { ...charge, amount: '8.00' }] },
      201,
      still,
    )
    expect(charges[0]).toEqual(charges[1])
    const { chargedOn: _, ...undated } = charge
    expect(await post('/v1/charges', { charges: [undated] }, 201, still)).toEqual({ charges: [charges[0]] })
  })
})

test('a batch takes what is valid and says of the rest why not', async () => {
  const good = { accountId: 'usd', amount: '1', reason: 'x' }
  const credits = [
    good,
    { ...good, amount: '1e3' },
    { ...good, accountId: 'nobody' },
    { ...good, amount: '0.001' },
    { ...good, currency: 'EUR' },
    { ...good, reference: 'in-batch' },
    { ...good, reference: 'in-batch' },
    { ...good, reference: 'in-batch', amount: '2' },
    { ...good, notAField: 1 },
    { amount: '1' },
    { ...good, reason: `e${'\u0301'.repeat(500)}` },
    {},
  ]
  const { accepted, rejected } = await post<CreditBatchAnswer>('/v1/credits/batch', { credits }, 202, still)
  expect(accepted.map(({ index }) => index)).toEqual([0, 5, 6])
  expect(accepted[1]).toEqual({ ...accepted[2], index: 5 })
  for (const one of accepted) expect(one).toEqual({ index: one.index, jobId: UUID, creditId: UUID })
  expect(
    rejected.map(({ index, problem }) => [index, problem.status, problem.code, problem.errors?.[0]?.pointer]),
  ).toEqual([
    [1, 400, 'invalid_request', '/amount'],
    [2, 404, 'account_not_found', undefined],
    [3, 422, 'invalid_amount', '/amount'],
    [4, 422, 'currency_mismatch', undefined],
    [7, 409, 'reference_reused', undefined],
    [8, 400, 'invalid_request', '/notAField'],
    [9, 400, 'invalid_request', '/accountId'],
    [10, 400, 'invalid_request', '/reason'],
    [11, 400, 'invalid_request', '/accountId'],
  ])
  for (const { problem } of rejected)
    expect(problem).toMatchObject({ type: `/problems/${problem.code}`, title: /./, detail: /./ })
})

test('text is kept as it was sent, to the last character that is allowed', async () => {
  const body = {
    accountId: 'in-yen',
    amount: '1',
    reason: '😀'.repeat(500),
    note: `é\n\t"${'界'.repeat(1_996)}`,
    reference: '𝄞'.repeat(200),
  }
  const { jobId, creditId } = await post<AcceptedCredit>('/v1/credits', body, 202)
  expect(await done(jobId)).toMatchObject({ status: 'done' })
  expect(await get<Credit>(`/v1/credits/${creditId}`)).toMatchObject({
    reason: body.reason,
    note: body.note,
    reference: body.reference,
  })
})

test('the largest amounts come back to the last digit', async () => {
  for (const [accountId, amount] of [
    ['usd', '999999999999999.99'],
    ['jpy', '999999999999999'],
    ['kwd', '999999999999999.999'],
  ] as const) {
    const charges = [{ accountId, amount, description: 'A lot', chargedOn: '2030-01-01' }]
    const answer = await post<{ charges: Charge[] }>('/v1/charges', { charges }, 201, still)
    expect(answer.charges[0]?.amount).toBe(amount)
  }
})

describe('lists, walked to their end one at a time', () => {
  test.each([
    '/v1/accounts',
    '/v1/accounts?billGroup=default',
    '/v1/credits',
    '/v1/credits?accountId=usd&status=deleted',
    '/v1/credits/{issued}/unpaid-invoices',
    '/v1/credits/{reversed}/disbursements',
    '/v1/bill-runs',
    '/v1/invoices',
    '/v1/invoices?accountId=usd',
    '/v1/invoices?status=unpaid',
    '/v1/schedules',
    '/v1/keys',
  ])('%s', async (template) => {
    const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] as string)
    const schedule = { cron: '0 2 * * *', timezone: 'UTC', billGroup: 'nobody' }
    for (const name of ['a', 'B', 'z.1']) await still.call('PUT', `/v1/schedules/${name}`, { body: schedule })
    const whole = await get<Page<object>>(path, still)
    expect(whole.nextCursor).toBeNull()
    expect(whole.data.length).toBeGreaterThan(0)
    const walked: object[] = []
    let cursor: string | null = ''
    for (let pages = 0; cursor !== null; pages += 1) {
      expect(pages).toBeLessThanOrEqual(whole.data.length)
      const more = `limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`
      const page: Page<object> = await get(`${path}${path.includes('?') ? '&' : '?'}${more}`, still)
      expect(page.data).toHaveLength(1)
      walked.push(...page.data)
      cursor = page.nextCursor
    }
    expect(walked).toEqual(whole.data)
  })

  test('a list is in its order, whatever is written meanwhile', async () => {
    const first = await get<Page<Credit>>('/v1/credits?limit=2', still)
    const { creditId } = await post<AcceptedCredit>(
      '/v1/credits',
      { accountId: 'usd', amount: '1', reason: 'Meanwhile' },
      202,
      still,
    )
    await still.carryOut()
    const second = await get<Page<Credit>>(`/v1/credits?limit=500&cursor=${first.nextCursor}`, still)
    expect(second.data.map((one) => one.creditId)).not.toContain(creditId)
    const seen = [...first.data, ...second.data].map((one) => one.creditId)
    expect(seen).toEqual(seen.toSorted().reverse())
    expect((await get<Page<Credit>>('/v1/credits?limit=1', still)).data[0]?.creditId).toBe(creditId)
  })

  test('an empty list is a list', async () => {
    expect(await get('/v1/credits/{pending}/disbursements'.replace('{pending}', ids.pending as string), still)).toEqual(
      { data: [], nextCursor: null },
    )
  })
})

describe('schedules and keys', () => {
  test('a schedule is set, set otherwise, listed and deleted', async () => {
    const body = { cron: '30 1 * * 1-5', timezone: 'America/New_York', billGroup: 'nobody' }
    const put = (more: object) => still.call<Schedule>('PUT', '/v1/schedules/weekdays', { body: { ...body, ...more } })
    expect((await put({})).body).toEqual({ name: 'weekdays', ...body, enabled: true })
    const changed = await put({ enabled: false, cron: '0 3 * * *' })
    expect([changed.status, changed.body]).toEqual([
      200,
      { name: 'weekdays', ...body, cron: '0 3 * * *', enabled: false },
    ])
    const { data } = await get<Page<Schedule>>('/v1/schedules', still)
    expect(data.filter(({ name }) => name === 'weekdays')).toEqual([changed.body])
    expect((await still.call('DELETE', '/v1/schedules/weekdays')).status).toBe(204)
    expectProblem(await still.call('DELETE', '/v1/schedules/weekdays'), 404, 'schedule_not_found')
  })

  test('a key is shown once, listed without itself, opens what it may until it expires or is revoked', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
    const body = { name: 'feed', scopes: ['read', 'enqueue'], expiresAt }
    const made = await post<{ keyId: string; key: string }>('/v1/keys', body, 201, still)
    expect(made).toEqual({ keyId: UUID, key: expect.stringMatching(/^nb_[\w-]{43}$/) })
    expect((await still.call('GET', '/v1/accounts', { key: made.key })).status).toBe(200)
    const list = await still.call<Page<object>>('GET', '/v1/keys')
    expect(list.body.data[0]).toEqual({ keyId: made.keyId, ...body, createdAt: TIME, revokedAt: null })
    expect(list.text).not.toContain(made.key)
    for (let index = 0; index < 2; index += 1)
      expect((await still.call('DELETE', `/v1/keys/${made.keyId}`)).status).toBe(204)
    expect((await get<Page<object>>('/v1/keys', still)).data[0]).toMatchObject({ keyId: made.keyId, revokedAt: TIME })
  })
})

test('who did what, when, with which key and request is kept', async () => {
  const answer = await still.call<Account>('POST', '/v1/accounts', {
    key: still.keys.enqueue,
    body: { accountId: 'audited', name: 'A', currency: 'USD' },
  })
  const entry = await still.db
    .selectFrom('audit_entry')
    .selectAll()
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()
  expect(entry).toMatchObject({
    action: 'account.create',
    subject: 'audited',
    request_id: answer.headers['x-request-id'],
  })
  const credit = await still.call<AcceptedCredit>('POST', '/v1/credits', {
    body: { accountId: 'audited', amount: '1', reason: 'x' },
  })
  const job = await still.db.selectFrom('job').selectAll().where('id', '=', credit.body.jobId).executeTakeFirstOrThrow()
  expect(job.request_id).toBe(credit.headers['x-request-id'])
  const { name } = await still.db
    .selectFrom('api_key')
    .select('name')
    .where('id', '=', job.api_key_id)
    .executeTakeFirstOrThrow()
  expect(name).toBe('bootstrap')
})

test('health, readiness and metrics', async () => {
  expect(await get('/healthz')).toEqual({ status: 'alive' })
  expect(await get('/readyz')).toEqual({ status: 'ready', database: 'ok', queue: 'ok', migrations: 'ok' })
  const metrics = await service.call('GET', '/metrics')
  expect(metrics.headers['content-type']).toContain('text/plain')
  for (const name of [
    'nightbill_http_request_seconds_bucket',
    'nightbill_to_be_done',
    'nightbill_queue_jobs',
    'nightbill_bill_runs_unfinished 0',
    'nightbill_reconcile_violations',
  ]) {
    expect(metrics.text).toContain(name)
  }
})
