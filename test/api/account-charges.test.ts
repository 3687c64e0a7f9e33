import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BillGroup, ListedCharge, Page } from '../../src/api/types.ts'
import { get, post } from '../support/expected-answer.ts'
import { expectProblem } from '../support/problem.ts'
import { openService, type Service } from '../support/service.ts'

let service: Service

async function charge(accountId: string, ...charges: readonly (readonly [amount: string, chargedOn: string])[]) {
  const rows = charges.map(([amount, chargedOn]) => ({ accountId, amount, chargedOn, description: `of ${chargedOn}` }))
  await post(service, '/v1/charges', { charges: rows }, 201)
}

async function bill(billDate: string) {
  await post(service, '/v1/bill-runs', { accountIds: ['acme'], billDate }, 202)
  await service.processAll()
}

beforeAll(async () => {
  service = await openService()
  for (const [accountId, billGroup] of [
    ['acme', 'a'],
    ['other', 'b'],
    ['third', 'b'],
  ])
    await post(service, '/v1/accounts', { accountId, name: 'Somebody', currency: 'USD', billGroup }, 201)
  await charge('acme', ['1', '2026-01-03'], ['2', '2026-01-01'], ['3', '2026-01-02'])
  await bill('2026-01-31')
  await post(service, '/v1/credits', { accountId: 'acme', amount: '5', reason: 'Goodwill' }, 202)
  await service.processAll()
  await bill('2026-02-10')
  await charge(
    'acme',
    ['4', '2026-02-11'],
    ['5', '2026-02-11'],
    ['9', '2026-12-31'],
    ['6', '2025-12-31'],
    ['8', '2026-12-30'],
  )
  await bill('2026-02-28')
  await charge('other', ['7', '2026-01-01'])
})
afterAll(() => service.close())

const list = (query = '') => get<Page<ListedCharge>>(service, `/v1/accounts/acme/charges${query}`)
const amounts = ({ data }: Page<ListedCharge>) => data.map(({ amount }) => Number(amount))

test('the pending ones first, then those of each invoice, newest first', async () => {
  const page = await list()
  expect(amounts(page).slice(0, 2)).toEqual([9, 8])
  expect(new Set(amounts(page).slice(2, 4))).toEqual(new Set([4, 5]))
  expect(amounts(page).slice(4)).toEqual([6, 1, 3, 2])
  expect(page.data.map(({ status, invoiceNumber }) => `${status} ${invoiceNumber}`)).toEqual([
    'pending null',
    'pending null',
    ...Array(3).fill('billed 3'),
    ...Array(3).fill('billed 1'),
  ])
  expect(page.data[0]).toMatchObject({ accountId: 'acme', invoiceId: null, description: 'of 2026-12-31' })
})

test('of one status', async () => {
  expect(amounts(await list('?status=pending'))).toEqual([9, 8])
  expect(amounts(await list('?status=billed'))).toHaveLength(6)
})

test.each(['', '&status=pending', '&status=billed'])('page by page%s, as in one', async (query) => {
  const whole = await list(`?limit=500${query}`)
  const walked: ListedCharge[] = []
  for (let cursor = ''; ; ) {
    const page = await list(`?limit=1${query}${cursor}`)
    walked.push(...page.data)
    if (page.nextCursor === null) break
    cursor = `&cursor=${page.nextCursor}`
  }
  expect(walked).toEqual(whole.data)
})

test('of nobody: 404', async () => {
  expectProblem(await service.call('GET', '/v1/accounts/nobody/charges'), 404, 'account_not_found')
})

test('the bill groups, with how many accounts they have', async () => {
  const { data } = await get<Page<BillGroup>>(service, '/v1/bill-groups')
  expect(data).toEqual([
    { billGroup: 'a', accounts: 1, atLeast: false },
    { billGroup: 'b', accounts: 2, atLeast: false },
  ])
})
