import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AcceptedCredit, AccountOverview, AuditEntry, Page } from '../../src/api/types.ts'
import { MAX_PENDING_COUNTED } from '../../src/reads/account-overview.ts'
import { execute } from '../support/database.ts'
import { get, post } from '../support/expected-answer.ts'
import { expectProblem } from '../support/problem.ts'
import { openService, type Service } from '../support/service.ts'

let service: Service

beforeAll(async () => {
  service = await openService()
})
afterAll(() => service.close())

const overview = (accountId: string) => get<AccountOverview>(service, `/v1/accounts/${accountId}`)

const open = (accountId: string, billGroup = 'default') =>
  post(service, '/v1/accounts', { accountId, name: accountId, currency: 'USD', billGroup }, 201)

const charge = (accountId: string, amount: string, chargedOn: string) =>
  post(service, '/v1/charges', { charges: [{ accountId, amount, description: 'a charge', chargedOn }] }, 201)

const credit = (accountId: string, amount: string) =>
  post<AcceptedCredit>(
    service,
    '/v1/credits',
    { accountId, amount, reason: 'Goodwill', automaticDisbursement: false },
    202,
  )

const none = { count: 0, amount: '0.00', atLeast: false }

test('nothing waits for a new account', async () => {
  await open('new')
  expect(await overview('new')).toMatchObject({
    pending: { charges: none, credits: none, reversals: none },
    nextRun: null,
  })
})

test('what waits for the next bill run is counted and added up, and is gone once it is billed', async () => {
  await open('acme')
  await open('another')
  await charge('another', '7', '2026-01-01')
  await charge('acme', '100', '2026-01-01')
  const { creditId } = await credit('acme', '30')
  await service.processAll()
  await post(service, '/v1/bill-runs', { accountIds: ['acme'], billDate: '2026-01-31' }, 202)
  await service.processAll()
  expect((await overview('acme')).pending).toEqual({ charges: none, credits: none, reversals: none })

  await charge('acme', '1.25', '2026-02-01')
  await charge('acme', '2.50', '2030-01-01')
  await credit('acme', '5')
  await post(service, `/v1/credits/${creditId}/reversal`, {}, 202)
  await service.processAll()
  expect(await overview('acme')).toMatchObject({
    balance: '100.00',
    creditLeft: '30.00',
    pending: {
      charges: { count: 2, amount: '3.75', atLeast: false },
      credits: { count: 1, amount: '5.00', atLeast: false },
      reversals: { count: 1, amount: '30.00', atLeast: false },
    },
  })
})

test('of very many charges the first are counted, and it says so', async () => {
  await open('many')
  await execute(
    service.database.ownerUrl,
    `insert into charge (id, account_id, amount, description, charged_on)
     select gen_random_uuid(), account.id, 0.01, 'a charge', '2026-01-01'
     from account, generate_series(1, ${MAX_PENDING_COUNTED + 5}) where key = 'many'`,
  )
  const { pending } = await overview('many')
  expect(pending.charges).toEqual({ count: MAX_PENDING_COUNTED, amount: '1000.00', atLeast: true })
  expect(pending.credits.atLeast).toBe(false)
})

test('the next run is that of the enabled schedule of its group which is due first', async () => {
  await open('london', 'uk')
  const set = async (name: string, cron: string, timezone: string, rest: object = {}) =>
    expect(
      (await service.call('PUT', `/v1/schedules/${name}`, { body: { cron, timezone, billGroup: 'uk', ...rest } }))
        .status,
    ).toBe(200)
  expect((await overview('london')).nextRun).toBeNull()

  await set('yearly', '0 2 1 1 *', 'Asia/Tokyo')
  // 02:00 in Tokyo is on the day before in UTC: the business date is that of Tokyo.
  expect((await overview('london')).nextRun).toEqual({
    schedule: 'yearly',
    at: expect.stringMatching(/^\d{4}-12-31T17:00:00\.000Z$/),
    billDate: expect.stringMatching(/^\d{4}-01-01$/),
  })
  await set('often', '*/30 * * * *', 'Europe/London')
  await set('oftener', '* * * * *', 'Europe/London', { enabled: false })
  await set('others', '* * * * *', 'Europe/London', { billGroup: 'fr' })
  const { nextRun } = await overview('london')
  expect(nextRun?.schedule).toBe('often')
  const away = Date.parse(nextRun?.at ?? '') - Date.now()
  expect(away).toBeGreaterThan(-5_000)
  expect(away).toBeLessThanOrEqual(1_800_000)
})

test('who did what to an account and its credits, and to no other', async () => {
  await open('busy')
  await open('quiet')
  const { creditId } = await credit('busy', '5')
  await service.processAll()
  expect((await service.call('DELETE', `/v1/credits/${creditId}`)).status).toBe(204)
  const { data } = await get<Page<AuditEntry>>(service, '/v1/accounts/busy/activity')
  expect(data.map(({ action, subject }) => [action, subject])).toEqual([
    ['credit.delete', creditId],
    ['credit.request', creditId],
    ['account.create', 'busy'],
  ])
  expect(data[1]?.reason).toBe('Goodwill')
  const quiet = await get<Page<AuditEntry>>(service, '/v1/accounts/quiet/activity')
  expect(quiet.data.map(({ action }) => action)).toEqual(['account.create'])
  expectProblem(await service.call('GET', '/v1/accounts/nobody/activity'), 404, 'account_not_found')
})
