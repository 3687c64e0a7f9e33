import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PreviewedInvoice } from '../../src/api/types.ts'
import { expectProblem } from '../support/problem.ts'
import { openService, type Service } from '../support/service.ts'

let service: Service

beforeAll(async () => {
  service = await openService()
  await service.call('POST', '/v1/accounts', { body: { accountId: 'usd', name: 'Somebody', currency: 'USD' } })
  const charge = { accountId: 'usd', amount: '10', description: 'Prepaid', chargedOn: '2035-01-01' }
  await service.call('POST', '/v1/charges', { body: { charges: [charge] } })
})
afterAll(() => service.close())

const ask = (path: string, billDate: string, more: object = {}) =>
  service.call<{ invoices?: readonly PreviewedInvoice[] }>('POST', path, {
    body: { accountIds: ['usd'], billDate, ...more },
  })

test.each(['/v1/bill-runs/preview', '/v1/bill-runs'])(
  '%s: a date may be 31 days ahead of the date of the database, and more when that is meant',
  async (path) => {
    const { rows } = await sql<{ last: string; next: string }>`
    select (current_date + 31)::text as last, (current_date + 32)::text as next`.execute(service.db)
    const { last, next } = rows[0] as (typeof rows)[0]
    const refused = expectProblem(await ask(path, next), 422, 'bill_date_too_far')
    expect(refused.detail).toContain(`${next} must be ${last} or earlier`)
    expect(refused.detail).toContain('allowFuture')
    expect((await ask(path, last)).status).toBeLessThan(300)
    expect((await ask(path, next, { allowFuture: true })).status).toBeLessThan(300)
  },
)

test('what is dated years from now is not billed by a slip', async () => {
  expectProblem(await ask('/v1/bill-runs/preview', '2199-12-31'), 422, 'bill_date_too_far')
  const meant = await ask('/v1/bill-runs/preview', '2199-12-31', { allowFuture: true })
  expect(meant.body.invoices).toMatchObject([{ total: '10.00' }])
})
