import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { AcceptedBillRun, BillRun, GroupPreview, Page } from '../../src/api/types.ts'
import { openApiClient } from '../../src/client/api-client.ts'
import { previewGroup } from '../../src/ledger/invoices/preview-group.ts'
import { capturing } from '../support/captured-queries.ts'
import { execute } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { get, post } from '../support/expected-answer.ts'
import { holdLock } from '../support/held-lock.ts'
import { expectProblem } from '../support/problem.ts'
import { fingerprint } from '../support/seeded-service.ts'
import { BOOTSTRAP_KEY, openService, type Service } from '../support/service.ts'

let service: Service
let group: string
let round = 0

beforeAll(async () => {
  service = await openService({ mayLogErrors: true })
})
afterAll(() => service.close())

const client = () => openApiClient({ baseUrl: service.url, apiKey: BOOTSTRAP_KEY, maxAttempts: 1 })
const billDate = '2026-01-31'

/** A group of 25 accounts in two currencies, of which five have nothing pending and some have credits, one of them to be reversed. */
beforeEach(async () => {
  round += 1
  group = `group-${round}`
  for (let n = 0; n < 25; n += 1) {
    const currency = n % 3 === 0 ? 'JPY' : 'USD'
    await post(service, '/v1/accounts', { accountId: name(n), name: `Account ${n}`, currency, billGroup: group }, 201)
  }
  const charge = (n: number, chargedOn: string) => ({
    accountId: name(n),
    amount: String(10 + n),
    description: 'Hosting',
    chargedOn,
  })
  const reversed = await post<{ creditId: string }>(service, '/v1/credits', credit(1, '4'), 202)
  await service.processAll()
  await run('2025-12-31')
  await post(service, `/v1/credits/${reversed.creditId}/reversal`, {}, 202)
  for (const n of [2, 3, 4]) await post(service, '/v1/credits', credit(n, '3'), 202)
  await service.processAll()
  const charges = Array.from({ length: 20 }, (_, n) => charge(n, '2026-01-15'))
  await post(service, '/v1/charges', { charges: [...charges, charge(24, '2026-02-01')] }, 201)
})
const name = (n: number) => `${group}-${n}`
const credit = (n: number, amount: string) => ({ accountId: name(n), amount, reason: 'Goodwill' })

async function run(date: string): Promise<BillRun> {
  const { billRunId } = await post<AcceptedBillRun>(service, '/v1/bill-runs', { billGroup: group, billDate: date }, 202)
  await service.processAll()
  return await get<BillRun>(service, `/v1/bill-runs/${billRunId}`)
}

async function previewed(): Promise<GroupPreview> {
  let last: GroupPreview | undefined
  for await (const { preview } of client().previewGroup({ billGroup: group, billDate })) last = preview
  return last as GroupPreview
}

async function stepsOf<Step>(steps: AsyncIterable<Step>): Promise<readonly Step[]> {
  const all: Step[] = []
  for await (const step of steps) all.push(step)
  return all
}

test('a preview of a group is what its run then makes, and writes nothing', async () => {
  const before = await fingerprint(service.db)
  const preview = await previewed()
  expect(await fingerprint(service.db)).toEqual(before)
  expect(preview).toMatchObject({ billGroup: group, billDate, accounts: 20, warnings: [], failures: [] })

  const { totals, progress } = await run(billDate)
  expect(preview.counts).toEqual({ billed: 20, nothingToBill: 0, wouldFail: 0 })
  expect(progress).toMatchObject({ billed: 20, nothingToBill: 0, failed: 0 })
  expect(preview.totals.map(({ owed, ...total }) => total)).toEqual(totals)
  const { data } = await get<Page<{ balance: string; currency: string }>>(
    service,
    `/v1/invoices?status=unpaid&limit=500`,
  )
  const owed = data.slice(0, 20).filter(({ currency }) => currency === 'JPY')
  const sum = owed.reduce((total, { balance }) => total + Number(balance), 0)
  expect(preview.totals.find(({ currency }) => currency === 'JPY')?.owed).toBe(String(sum))
})

test('the largest invoices come by currency, with the names of their accounts', async () => {
  const { largest } = await previewed()
  expect(largest.map(({ currency }) => currency)).toEqual([...Array(7).fill('JPY'), ...Array(13).fill('USD')])
  expect(largest[0]).toEqual({
    accountId: name(18),
    name: 'Account 18',
    currency: 'JPY',
    totalCharge: '28',
    total: '28',
    balance: '28',
  })
  expect(largest.at(-1)).toMatchObject({ accountId: name(2), total: '12.00', balance: '9.00' })
})

test('it is told how far it is, and many slices give the same as one', async () => {
  const tell = async (slice: number) => {
    const told: number[] = []
    const preview = previewGroup(service.reads, { billGroup: group, billDate, slice })
    for (;;) {
      const { done, value } = await preview.next()
      if (done) return { told, tally: value }
      told.push(value.share)
    }
  }
  const [whole, sliced] = [await tell(4_000), await tell(3)]
  expect(whole.told).toHaveLength(1)
  expect(sliced.told.length).toBeGreaterThan(5)
  expect(sliced.told).toEqual(sliced.told.toSorted((a, b) => a - b))
  expect(sliced.told.every((share) => share > 0 && share <= 1)).toBe(true)
  expect(sliced.tally).toEqual(whole.tally)
})

test('it warns of another run, of failures that are left, and of a date ahead', async () => {
  await execute(
    service.database.ownerUrl,
    `insert into bill_run (id, bill_group, bill_date, status, selected_all, finished_at)
       values ('019ac0de-0000-7000-8000-00000000f0${10 + round}', '${group}', '2026-01-30', 'completed_with_failures', true, now());
     insert into bill_batch (id, bill_run_id, account_ids, status, failure_code, failure_message)
       select gen_random_uuid(), '019ac0de-0000-7000-8000-00000000f0${10 + round}', array[n], 'failed', 'timed_out', 'x' from generate_series(1, 2) n`,
  )
  const { billRunId } = await post<AcceptedBillRun>(service, '/v1/bill-runs', { billGroup: group, billDate }, 202)
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
  const steps = client().previewGroup({ billGroup: group, billDate: tomorrow })
  const warnings: unknown[] = []
  for await (const { preview } of steps) warnings.push(...(preview?.warnings ?? []))
  expect(warnings).toEqual([
    { code: 'run_under_way', message: `Another run of this group is under way, as of ${billDate}`, billRunId },
    {
      code: 'failures_left',
      message: 'The run as of 2026-01-30 has 2 failures: retry those instead?',
      billRunId: `019ac0de-0000-7000-8000-00000000f0${10 + round}`,
    },
    {
      code: 'date_ahead',
      message: expect.stringMatching(/^The bill date is one day ahead of today, \d{4}-\d\d-\d\d in UTC$/),
      billRunId: null,
    },
  ])
})

test('a request that names both, or neither, or a date far ahead is refused before anything is streamed', async () => {
  const ask = (body: object) => service.call('POST', '/v1/bill-runs/preview', { body })
  expectProblem(await ask({ billGroup: group, accountIds: [name(1)] }), 400, 'invalid_request')
  expectProblem(await ask({ billDate }), 400, 'invalid_request')
  expectProblem(await ask({ billGroup: group, billDate: '2199-12-31' }), 422, 'bill_date_too_far')
  await expect(client().previewGroup({ billGroup: group, billDate: '2199-12-31' }).next()).rejects.toMatchObject({
    code: 'bill_date_too_far',
  })
})

test('two are worked out at once, and one that nobody waits for any more is given up', async () => {
  const held = await holdLock(service.database.ownerUrl, 'lock table charge in access exclusive mode')
  const left = [new AbortController(), new AbortController()]
  const results = left.map(({ signal }) => stepsOf(client().previewGroup({ billGroup: group, billDate }, { signal })))
  const statements = await capturing(service.reads, async () => {
    await eventually(async () => {
      const { rows } = await sql`
        select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
        service.db,
      )
      expect(rows).toHaveLength(2)
    })
    const third = await service.call('POST', '/v1/bill-runs/preview', { body: { billGroup: group, billDate } })
    expectProblem(third, 429, 'too_many_requests')
    expect(third.headers['retry-after']).toBe('5')
    for (const one of left) one.abort()
    expect(await Promise.all(results)).toEqual([[], []])
    await held.release()
    await eventually(previewed)
  })
  // Read at the end of a preview: of the last one alone.
  expect(statements.filter(({ sql }) => sql.includes('"daysAhead"'))).toHaveLength(1)
})

test('one that cannot be worked out says so', async () => {
  await execute(service.database.ownerUrl, 'alter table charge rename to charge_away')
  try {
    await expect(stepsOf(client().previewGroup({ billGroup: group, billDate }))).rejects.toMatchObject({
      name: 'ApiError',
    })
  } finally {
    await execute(service.database.ownerUrl, 'alter table charge_away rename to charge')
  }
})
