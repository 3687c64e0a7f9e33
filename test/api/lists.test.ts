import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AcceptedCredit, Credit, Page } from '../../src/api/types.ts'
import { get, post } from '../support/expected-answer.ts'
import { type Ids, seedService } from '../support/seeded-service.ts'
import { openService, type Service } from '../support/service.ts'

let service: Service
let ids: Ids

beforeAll(async () => {
  service = await openService()
  ids = await seedService(service)
})
afterAll(() => service.close())

describe('lists, walked to their end one at a time', () => {
  test.each([
    '/v1/accounts',
    '/v1/accounts?billGroup=default',
    '/v1/accounts?query=acc',
    '/v1/accounts/usd/charges',
    '/v1/accounts/usd/activity',
    '/v1/bill-groups',
    '/v1/credits',
    '/v1/credits?accountId=usd&status=deleted',
    '/v1/credits/{issued}/unpaid-invoices',
    '/v1/credits/{reversed}/disbursements',
    '/v1/bill-runs',
    '/v1/invoices',
    '/v1/invoices?accountId=usd',
    '/v1/invoices?status=unpaid',
    '/v1/invoices/{invoice}/transactions',
    '/v1/schedules',
    '/v1/keys',
  ])('%s', async (template) => {
    const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] as string)
    const schedule = { cron: '0 2 * * *', timezone: 'UTC', billGroup: 'nobody' }
    for (const name of ['a', 'B', 'z.1']) await service.call('PUT', `/v1/schedules/${name}`, { body: schedule })
    const whole = await get<Page<object>>(service, path)
    expect(whole.nextCursor).toBeNull()
    expect(whole.data.length).toBeGreaterThan(0)
    const walked: object[] = []
    let cursor: string | null = ''
    for (let pages = 0; cursor !== null; pages += 1) {
      expect(pages).toBeLessThanOrEqual(whole.data.length)
      const more = `limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`
      const page: Page<object> = await get(service, `${path}${path.includes('?') ? '&' : '?'}${more}`)
      expect(page.data).toHaveLength(1)
      walked.push(...page.data)
      cursor = page.nextCursor
    }
    expect(walked).toEqual(whole.data)
  })

  test('a list is in its order, whatever is written meanwhile', async () => {
    const first = await get<Page<Credit>>(service, '/v1/credits?limit=2')
    const { creditId } = await post<AcceptedCredit>(
      service,
      '/v1/credits',
      { accountId: 'usd', amount: '1', reason: 'Meanwhile' },
      202,
    )
    await service.processAll()
    const second = await get<Page<Credit>>(service, `/v1/credits?limit=500&cursor=${first.nextCursor}`)
    expect(second.data.map((one) => one.creditId)).not.toContain(creditId)
    const seen = [...first.data, ...second.data].map((one) => one.creditId)
    expect(seen).toEqual(seen.toSorted().reverse())
    expect((await get<Page<Credit>>(service, '/v1/credits?limit=1')).data[0]?.creditId).toBe(creditId)
  })

  test('an empty list is a list', async () => {
    expect(
      await get(service, '/v1/credits/{pending}/disbursements'.replace('{pending}', ids.pending as string)),
    ).toEqual({ data: [], nextCursor: null })
  })
})
