import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AcceptedCredit, Credit, DisbursementAnswer, Invoice, OneInvoice, Page } from '../../src/api/types.ts'
import { get, post } from '../support/expected-answer.ts'
import { expectProblem } from '../support/problem.ts'
import { openService, type Service } from '../support/service.ts'

let service: Service
const number: Record<string, number> = {}
const credit: Record<string, string> = {}

/** The date so many days from today, in UTC. */
const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)

beforeAll(async () => {
  service = await openService()
  for (const accountId of ['acme', 'globex', 'initech']) {
    const account = { accountId, name: `${accountId} Ltd`, currency: 'USD', paymentTermsDays: 30 }
    await post(service, '/v1/accounts', account, 201)
  }
  for (const [name, accountId, issuedOn] of [
    ['late', 'acme', day(-40)],
    ['latest', 'globex', day(-50)],
    ['paid', 'acme', day(-45)],
    ['dueToday', 'acme', day(-30)],
    ['new', 'globex', day(0)],
  ] as const) {
    const charges = [{ accountId, amount: '10', description: 'Hosting', chargedOn: issuedOn }]
    await post(service, '/v1/charges', { charges }, 201)
    number[name] = await billed([accountId], issuedOn)
  }
  await give('byHand', { accountId: 'acme', automaticDisbursement: false })
  await give('spent', { accountId: 'acme', automaticDisbursement: false })
  await give('ofOther', { accountId: 'globex', automaticDisbursement: false })
  await give('automatic', { accountId: 'initech' })
  await service.processAll()
  number.ofCredits = await billed(['acme', 'globex', 'initech'], day(0))
  await give('pending', { accountId: 'acme', automaticDisbursement: false })
  await service.processAll()
  await disburse('spent', 'paid')
})
afterAll(() => service.close())

/** Bills accounts as of a date, and gives the number of the first invoice of the run. */
async function billed(accountIds: readonly string[], billDate: string): Promise<number> {
  const run = { accountIds, billDate, name: `As of ${billDate}` }
  const { billRunId } = await post<{ billRunId: string }>(service, '/v1/bill-runs', run, 202)
  await service.processAll()
  const { data } = await get<Page<Invoice>>(service, `/v1/invoices?billRunId=${billRunId}`)
  return data.at(-1)?.number as number
}

async function give(name: string, to: { readonly accountId: string; readonly automaticDisbursement?: boolean }) {
  const body = { ...to, amount: '10', reason: `Credit ${name}` }
  credit[name] = (await post<AcceptedCredit>(service, '/v1/credits', body, 202)).creditId
}

async function disburse(of: string, to: string): Promise<DisbursementAnswer> {
  const { invoiceId } = await get<OneInvoice>(service, `/v1/invoices/${number[to]}`)
  const body = { invoiceId, amount: '10' }
  return await post<DisbursementAnswer>(service, `/v1/credits/${credit[of]}/disbursements`, body, 201)
}

const nameOf = (names: Readonly<Record<string, string | number>>, value: string | number) =>
  Object.keys(names).find((name) => names[name] === value)

describe('invoices', () => {
  const list = async (query: string) => {
    const { data } = await get<Page<Invoice>>(service, `/v1/invoices?${query}`)
    return data.map((one) => nameOf(number, one.number))
  }

  test('overdue ones are unpaid and were due before today, the oldest due first', async () => {
    expect(await list('status=overdue')).toEqual(['latest', 'late'])
    expect(await list('status=overdue&accountId=acme')).toEqual(['late'])
    expect(await list(`status=overdue&number=${number.late}`)).toEqual(['late'])
    expect(await list(`status=overdue&number=${number.dueToday}`)).toEqual([])
    expect(await list('status=unpaid')).toEqual(['new', 'dueToday', 'latest', 'late'])
  })

  test('overdue ones of a bill run', async () => {
    const { billRunId } = await get<OneInvoice>(service, `/v1/invoices/${number.latest}`)
    expect(await list(`status=overdue&billRunId=${billRunId}`)).toEqual(['latest'])
    const { billRunId: other } = await get<OneInvoice>(service, `/v1/invoices/${number.new}`)
    expect(await list(`status=overdue&billRunId=${other}`)).toEqual([])
  })

  test('overdue ones page by page', async () => {
    const first = await get<Page<Invoice>>(service, '/v1/invoices?status=overdue&limit=1')
    const second = await get<Page<Invoice>>(service, `/v1/invoices?status=overdue&limit=1&cursor=${first.nextCursor}`)
    expect([first, second].map(({ data }) => data[0]?.number)).toEqual([number.latest, number.late])
    expect(second.nextCursor).toBeNull()
  })

  test('one says how long it is overdue, whose it is, and of which run', async () => {
    const late = await get<OneInvoice>(service, `/v1/invoices/${number.late}`)
    expect(late).toMatchObject({
      accountName: 'acme Ltd',
      overdueDays: 10,
      billRun: { name: `As of ${day(-40)}`, schedule: null, billDate: day(-40) },
    })
    const others = ['dueToday', 'new', 'paid'].map(async (name) => {
      const { overdueDays } = await get<OneInvoice>(service, `/v1/invoices/${number[name]}`)
      expect([name, overdueDays]).toEqual([name, 0])
    })
    await Promise.all(others)
  })

  test('one is found by its number as by its id, and so are its lines', async () => {
    const byNumber = await get<OneInvoice>(service, `/v1/invoices/${number.late}`)
    expect(await get(service, `/v1/invoices/${byNumber.invoiceId}`)).toEqual(byNumber)
    const lines = await get(service, `/v1/invoices/${number.late}/transactions`)
    expect(await get(service, `/v1/invoices/${byNumber.invoiceId}/transactions`)).toEqual(lines)
    expectProblem(await service.call('GET', '/v1/invoices/999999'), 404, 'invoice_not_found')
    expectProblem(await service.call('GET', '/v1/invoices/999999/transactions'), 404, 'invoice_not_found')
    for (const bad of ['0', '01', '-1', '1.5', 'x', '1e3']) {
      const { detail } = expectProblem(await service.call('GET', `/v1/invoices/${bad}`), 400, 'invalid_request')
      expect(detail).toContain('the number of an invoice')
    }
  })

  test('one names its neighbours of the same account', async () => {
    const neighbours = async (name: string) => {
      const { previousNumber, nextNumber } = await get<OneInvoice>(service, `/v1/invoices/${number[name]}`)
      return [previousNumber, nextNumber]
    }
    expect(await neighbours('late')).toEqual([null, number.paid])
    expect(await neighbours('paid')).toEqual([number.late, number.dueToday])
    expect(await neighbours('latest')).toEqual([null, number.new])
    expect((await neighbours('ofCredits'))[1]).toBeNull()
  })

  test('a disbursement by hand says of which credit it is, and whose key made it', async () => {
    const expected = { creditReason: 'Credit spent', automatic: false, keyName: 'bootstrap', amount: '10.00' }
    const { disbursements } = await get<OneInvoice>(service, `/v1/invoices/${number.paid}`)
    expect(disbursements).toMatchObject([expected])
    const ofCredit = await get<Page<object>>(service, `/v1/credits/${credit.spent}/disbursements`)
    expect(ofCredit.data).toEqual(disbursements)
    const keyed = await service.call<Page<object>>('GET', `/v1/audit?subject=${credit.spent}`)
    expect(keyed.body.data[0]).toMatchObject({ keyId: disbursements[0]?.keyId, action: 'credit.disburse' })
  })

  test('one that a bill run made was made by no key', async () => {
    await give('byItself', { accountId: 'globex' })
    await service.processAll()
    await billed(['globex'], day(0))
    const { disbursements } = await get<OneInvoice>(service, `/v1/invoices/${number.latest}`)
    expect(disbursements).toMatchObject([
      { automatic: true, keyId: null, keyName: null, creditReason: 'Credit byItself' },
    ])
  })
})

describe('credits', () => {
  const list = async (query: string) => {
    const { data } = await get<Page<Credit>>(service, `/v1/credits?${query}&limit=500`)
    return data.map((one) => nameOf(credit, one.creditId)).filter((name) => name !== 'byItself')
  }

  test.each([
    ['status=issued&disbursement=by_hand&hasLeft=true', ['ofOther', 'byHand']],
    ['disbursement=by_hand&hasLeft=true', ['ofOther', 'byHand']],
    ['hasLeft=true', ['automatic', 'ofOther', 'byHand']],
    ['disbursement=automatic&hasLeft=true', ['automatic']],
    ['accountId=acme&hasLeft=true', ['byHand']],
    ['accountId=acme&hasLeft=true&disbursement=automatic', []],
    ['status=pending&hasLeft=true', []],
    ['disbursement=by_hand', ['pending', 'ofOther', 'spent', 'byHand']],
    ['disbursement=automatic', ['automatic']],
    ['disbursement=by_hand&status=pending', ['pending']],
    ['disbursement=by_hand&accountId=acme', ['pending', 'spent', 'byHand']],
    ['disbursement=by_hand&accountId=acme&status=issued', ['spent', 'byHand']],
    ['disbursement=automatic&accountId=acme&status=issued', []],
  ])('%s', async (query, expected) => {
    expect(await list(query)).toEqual(expected)
  })

  test('those of all accounts bear the names of their accounts', async () => {
    const { data } = await get<Page<Credit>>(service, '/v1/credits?hasLeft=true&disbursement=by_hand')
    expect(data.map(({ accountName }) => accountName)).toEqual(['globex Ltd', 'acme Ltd'])
  })

  test.each(['hasLeft=false', 'hasLeft=1', 'disbursement=manual', 'disbursement='])('%s is refused', async (query) => {
    expectProblem(await service.call('GET', `/v1/credits?${query}`), 400, 'invalid_request')
  })
})
