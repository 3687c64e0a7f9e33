import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Credit, Invoice, Page } from '../../src/api/types.ts'
import { execute } from '../support/database.ts'
import { expectProblem } from '../support/problem.ts'
import { openService, type Service } from '../support/service.ts'

let service: Service
let accounts = 0
let invoiceId: string
let creditId: string
let otherCreditId: string

beforeAll(async () => {
  service = await openService()
})
afterAll(() => service.close())

/** An account that owes 100 on one invoice and has two credits of 60. */
beforeEach(async () => {
  accounts += 1
  const accountId = `account-${accounts}`
  const { call, processAll } = service
  await call('POST', '/v1/accounts', { body: { accountId, name: 'Somebody', currency: 'USD' } })
  const charge = { accountId, amount: '100', description: 'Hosting', chargedOn: '2026-01-01' }
  await call('POST', '/v1/charges', { body: { charges: [charge] } })
  const credit = { accountId, amount: '60', reason: 'Goodwill', automaticDisbursement: false }
  const given = async () => (await call<Credit>('POST', '/v1/credits', { body: credit })).body.creditId
  creditId = await given()
  otherCreditId = await given()
  await processAll()
  await call('POST', '/v1/bill-runs', { body: { accountIds: [accountId], billDate: '2026-01-31' } })
  await processAll()
  const { body } = await call<Page<Invoice>>('GET', `/v1/invoices?accountId=${accountId}`)
  invoiceId = body.data[0]?.invoiceId as string
})

const disburse = (amount: string, more: object = {}, headers: Record<string, string> = {}, of = creditId) =>
  service.call('POST', `/v1/credits/${of}/disbursements`, { body: { invoiceId, amount, ...more }, headers })

const left = async () => (await service.call<Credit>('GET', `/v1/credits/${creditId}`)).body.amountLeft

test('without a key the same twice within a minute is refused, and says how it is meant', async () => {
  expect((await disburse('10')).status).toBe(201)
  const { detail } = expectProblem(await disburse('10.00'), 409, 'disbursement_repeated')
  expect(detail).toContain('confirm: true')
  expectProblem(await disburse('10', { confirm: false }), 409, 'disbursement_repeated')
  expect(await left()).toBe('50.00')
  expect((await disburse('10', { confirm: true })).status).toBe(201)
  expect(await left()).toBe('40.00')
})

test('another amount, or of another credit, is no repeat', async () => {
  for (const answer of [await disburse('10'), await disburse('11'), await disburse('10', {}, {}, otherCreditId)])
    expect(answer.status).toBe(201)
})

test('a key tells a repeat by itself; with confirm: false the same under another key is refused too', async () => {
  const keyed = (key: string, more: object = {}) => disburse('10', more, { 'idempotency-key': `${creditId}-${key}` })
  expect((await keyed('1')).status).toBe(201)
  expect((await keyed('1')).headers['idempotent-replayed']).toBe('true')
  expect((await keyed('2')).status).toBe(201)
  expect(await left()).toBe('40.00')
  expectProblem(await keyed('3', { confirm: false }), 409, 'disbursement_repeated')
  expectProblem(await disburse('10'), 409, 'disbursement_repeated')
})

test('of many at once, without a key, one is done', async () => {
  const answers = await Promise.all(Array.from({ length: 10 }, () => disburse('5')))
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
  for (const other of answers.filter(({ status }) => status !== 201)) expectProblem(other, 409, 'disbursement_repeated')
  expect(await left()).toBe('55.00')
})

test('what is more than there is, is that, and no repeat; a minute later it is none either', async () => {
  expect((await disburse('50')).status).toBe(201)
  expectProblem(await disburse('50'), 409, 'amount_exceeds_credit_left')
  expect((await disburse('3')).status).toBe(201)
  await execute(
    service.database.ownerUrl,
    `set session_replication_role = replica; update disbursement set created_at = created_at - interval '61 seconds'`,
  )
  expect((await disburse('3')).status).toBe(201)
})
