import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type {
  AcceptedBillRun,
  AuditEntry,
  BillRun,
  BillRunFailure,
  BillRunFailureGroup,
  BillRunRate,
  Page,
} from '../../src/api/types.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { selectBatches } from '../../src/ledger/bill-runs/select-batches.ts'
import { startBillRun } from '../../src/ledger/bill-runs/start-bill-run.ts'
import { execute } from '../support/database.ts'
import { get, post } from '../support/expected-answer.ts'
import { expectProblem } from '../support/problem.ts'
import { NOBODY } from '../support/seeded-service.ts'
import { openService, type Service } from '../support/service.ts'

let service: Service

beforeAll(async () => {
  service = await openService()
})
afterAll(() => service.close())

const idsOf = ({ data }: Page<BillRun>) => data.map(({ billRunId }) => billRunId)
const runOf = (billRunId: string) => get<BillRun>(service, `/v1/bill-runs/${billRunId}`)
const startRun = async (body: object) => (await post<AcceptedBillRun>(service, '/v1/bill-runs', body, 202)).billRunId

async function addAccounts(names: readonly string[], billGroup: string): Promise<void> {
  for (const accountId of names)
    await post(service, '/v1/accounts', { accountId, name: accountId, currency: 'USD', billGroup }, 201)
  const charges = names.map((accountId) => ({
    accountId,
    amount: '10',
    description: 'Hosting',
    chargedOn: '2026-01-01',
  }))
  await post(service, '/v1/charges', { charges }, 201)
}

describe('the list', () => {
  let ids: Record<'east' | 'west' | 'scheduled', string>

  beforeAll(async () => {
    const scheduled = await inTransaction(service.db, (tx) =>
      startBillRun(tx, {
        of: { billGroup: 'east' },
        billDate: '2026-01-31',
        name: 'nightly 2026-01-31',
        schedule: { name: 'nightly', date: '2026-01-31' },
      }),
    )
    const east = await startRun({ billGroup: 'east', billDate: '2026-01-31' })
    const west = await startRun({ billGroup: 'west', billDate: '2026-01-31' })
    ids = { scheduled: scheduled as string, east, west }
    await post(service, `/v1/bill-runs/${west}/cancel`, { reason: 'The wrong group' }, 202)
  })

  test('is filtered by group, status, schedule and all of them, newest first', async () => {
    const list = async (query: string) => idsOf(await get<Page<BillRun>>(service, `/v1/bill-runs?${query}`))
    expect(await list('')).toEqual([ids.west, ids.east, ids.scheduled])
    expect(await list('billGroup=east')).toEqual([ids.east, ids.scheduled])
    expect(await list('status=cancelled')).toEqual([ids.west])
    expect(await list('schedule=nightly')).toEqual([ids.scheduled])
    expect(await list('schedule=nightly&billGroup=west')).toEqual([])
    expect(await list('schedule=nightly&billGroup=east&status=queued')).toEqual([ids.scheduled])
    expect(await list('billGroup=east&status=completed')).toEqual([])
  })

  test('is filtered by when runs were accepted, from a moment on and before another', async () => {
    const { createdAt } = await runOf(ids.west)
    const next = new Date(Date.parse(createdAt) + 1).toISOString()
    const list = async (query: string) => idsOf(await get<Page<BillRun>>(service, `/v1/bill-runs?${query}`))
    expect(await list(`from=${createdAt}`)).toEqual([ids.west])
    expect(await list(`to=${createdAt}`)).toEqual([ids.east, ids.scheduled])
    expect(await list(`billGroup=east&to=${next}&limit=1`)).toEqual([ids.east])
    expectProblem(await service.call('GET', '/v1/bill-runs?from=yesterday'), 400, 'invalid_request')
  })

  test('says who started a run, and who cancelled it and why', async () => {
    expect(await runOf(ids.scheduled)).toMatchObject({ schedule: 'nightly', startedBy: 'nightly', cancelledBy: null })
    expect(await runOf(ids.east)).toMatchObject({ schedule: null, startedBy: 'bootstrap', cancelReason: null })
    expect(await runOf(ids.west)).toMatchObject({ cancelledBy: 'bootstrap', cancelReason: 'The wrong group' })
  })
})

test('a run says that its accounts are still being selected, until they all are or it has ended', async () => {
  await addAccounts(['s-1', 's-2', 's-3'], 'selecting')
  const billRunId = await startRun({ billGroup: 'selecting', billDate: '2026-01-31' })
  expect(await runOf(billRunId)).toMatchObject({ selecting: true, progress: { accounts: 0 } })
  const select = () => inTransaction(service.db, (tx) => selectBatches(tx, billRunId, 1, { slice: 2 }))
  await select()
  expect(await runOf(billRunId)).toMatchObject({ status: 'running', selecting: true, progress: { accounts: 2 } })
  await select()
  expect(await runOf(billRunId)).toMatchObject({ status: 'running', selecting: false, progress: { accounts: 3 } })

  const cancelled = await startRun({ billGroup: 'selecting', billDate: '2026-01-31' })
  await post(service, `/v1/bill-runs/${cancelled}/cancel`, {}, 202)
  expect(await runOf(cancelled)).toMatchObject({ status: 'cancelled', selecting: false })
})

describe('failures', () => {
  let billRunId: string
  let round = 0
  const groups = async () =>
    (await get<{ data: BillRunFailureGroup[] }>(service, `/v1/bill-runs/${billRunId}/failure-groups`)).data
  const failures = async (query = '') =>
    (await get<Page<BillRunFailure>>(service, `/v1/bill-runs/${billRunId}/failures${query}`)).data.map(
      ({ accountId, code }) => [accountId, code],
    )
  const retry = async (body: object) => {
    await post(service, `/v1/bill-runs/${billRunId}/retry`, body, 202)
    await service.processAll()
  }
  const name = (n: number) => `f${round}-${n}`
  const mend = () => execute(service.database.ownerUrl, 'drop trigger poison on invoice')

  /** A run of ten accounts: the first seven are refused by the database, the next two end as timed out. */
  beforeEach(async () => {
    round += 1
    const names = Array.from({ length: 10 }, (_, index) => name(index))
    await addAccounts(names, `failing-${round}`)
    await execute(
      service.database.ownerUrl,
      `create or replace function refuse_invoice() returns trigger language plpgsql as $$
       begin raise exception 'account % is not to be billed', new.account_id using errcode = 'check_violation'; end $$;
       create trigger poison before insert on invoice for each row
         when (new.account_id in (${(await internalIds(names.slice(0, 9))).join()})) execute function refuse_invoice()`,
    )
    billRunId = await startRun({ billGroup: `failing-${round}`, billDate: '2026-01-31' })
    await service.processAll()
    await execute(
      service.database.ownerUrl,
      `update bill_batch set failure_code = 'timed_out', failure_message = 'it is locked'
       where bill_run_id = '${billRunId}' and status = 'failed' and account_ids[1] in (${(await internalIds([name(7), name(8)])).join()})`,
    )
    return async () => {
      await execute(service.database.ownerUrl, 'drop trigger if exists poison on invoice')
    }
  })

  async function internalIds(keys: readonly string[]): Promise<readonly number[]> {
    const { rows } = await sql<{ id: number }>`
      select id from account where key = any(${[...keys]}::text[]) order by id`.execute(service.db)
    return rows.map(({ id }) => id)
  }

  test('are grouped by code, the most frequent first, with one message and five accounts', async () => {
    expect(await groups()).toEqual([
      {
        code: 'database_refused',
        title: 'The database refused what would break a rule',
        count: 7,
        example: expect.stringMatching(/^account \d+ is not to be billed$/),
        accountIds: [0, 1, 2, 3, 4].map(name),
      },
      {
        code: 'timed_out',
        title: 'It took too long in every try',
        count: 2,
        example: 'it is locked',
        accountIds: [name(7), name(8)],
      },
    ])
    expect(await failures()).toHaveLength(9)
    expect(await failures('?code=timed_out')).toEqual([7, 8].map((n) => [name(n), 'timed_out']))
    expect(await failures('?code=nothing')).toEqual([])
    const first = await get<Page<BillRunFailure>>(service, `/v1/bill-runs/${billRunId}/failures?code=timed_out&limit=1`)
    expect(await failures(`?code=timed_out&cursor=${first.nextCursor}`)).toEqual([[name(8), 'timed_out']])
    for (const path of ['failures', 'failure-groups', 'rate'])
      expectProblem(await service.call('GET', `/v1/bill-runs/${NOBODY}/${path}`), 404, 'bill_run_not_found')
  })

  test('those with one code are retried; what is billed then is a failure no more', async () => {
    await mend()
    await retry({ codes: ['timed_out'], reason: 'The lock is gone' })
    expect(await groups()).toMatchObject([{ code: 'database_refused', count: 7 }])
    expect(await failures('?code=timed_out')).toEqual([])
    expect(await runOf(billRunId)).toMatchObject({
      status: 'completed_with_failures',
      progress: { accounts: 10, billed: 3, failed: 7 },
    })
    const { data } = await get<Page<AuditEntry>>(service, `/v1/audit?subject=${billRunId}&limit=1`)
    expect(data).toMatchObject([
      { action: 'bill-run.retry', reason: 'The lock is gone', detail: '2 accounts with timed_out' },
    ])
    await retry({})
    expect(await groups()).toEqual([])
    expect(await failures()).toEqual([])
    expect(await runOf(billRunId)).toMatchObject({ status: 'completed', progress: { billed: 10, failed: 0 } })
  })

  test('those that fail again are counted again, once', async () => {
    await retry({ codes: ['database_refused'] })
    expect(await groups()).toMatchObject([
      { code: 'database_refused', count: 7 },
      { code: 'timed_out', count: 2 },
    ])
  })

  test('named accounts are retried; with codes, those that match both', async () => {
    await mend()
    await retry({ accountIds: [name(0), name(9)] })
    expect(await runOf(billRunId)).toMatchObject({ progress: { billed: 2, failed: 8 } })
    await retry({ accountIds: [name(1), name(7)], codes: ['timed_out'] })
    expect((await failures()).map(([accountId]) => accountId)).toEqual([1, 2, 3, 4, 5, 6, 8].map(name))
    await retry({ codes: ['nothing'] })
    expect(await runOf(billRunId)).toMatchObject({ progress: { billed: 3, failed: 7 } })
    const unknown = await service.call('POST', `/v1/bill-runs/${billRunId}/retry`, { body: { accountIds: ['nobody'] } })
    expectProblem(unknown, 404, 'account_not_found')
  })

  test('count where they were first tried, and not where a retry billed them', async () => {
    await mend()
    const before = await get<BillRunRate>(service, `/v1/bill-runs/${billRunId}/rate`)
    expect(before).toMatchObject({ from: (await runOf(billRunId)).startedAt, stepSeconds: 1 })
    expect(before.accounts.reduce((sum, count) => sum + count, 0)).toBe(10)
    await retry({ codes: ['timed_out'] })
    const after = await get<BillRunRate>(service, `/v1/bill-runs/${billRunId}/rate`)
    expect(after.accounts.reduce((sum, count) => sum + count, 0)).toBe(8)
  })
})

describe('the rate', () => {
  test.each([
    [8, 1, 9],
    [119, 1, 120],
    [120, 2, 61],
    [3_600, 60, 61],
    [20 * 86_400, 18_000, 97],
  ])('of a run of %i s goes in steps of %i s', async (seconds, stepSeconds, steps) => {
    const billRunId = await startRun({ billGroup: 'nobody', billDate: '2026-01-31' })
    await execute(
      service.database.ownerUrl,
      `insert into bill_batch (id, bill_run_id, account_ids, status, billed, finished_at)
         select gen_random_uuid(), '${billRunId}', '{1,2,3}', 'done', 3, timestamptz '2026-01-31T02:00:00Z' + n * interval '1 second'
         from unnest(array[0, ${seconds}]) n;
       update bill_run set status = 'running', started_at = '2026-01-31T02:00:00Z', selected_all = true where id = '${billRunId}';
       update bill_run set status = 'completed', finished_at = '2026-03-31T02:00:00Z' where id = '${billRunId}'`,
    )
    const rate = await get<BillRunRate>(service, `/v1/bill-runs/${billRunId}/rate`)
    expect(rate).toMatchObject({ from: '2026-01-31T02:00:00.000Z', stepSeconds })
    expect(rate.accounts).toHaveLength(steps)
    expect([rate.accounts[0], rate.accounts.at(-1)]).toEqual([3, 3])
  })

  test('of a run that has not begun is empty', async () => {
    const billRunId = await startRun({ billGroup: 'nobody', billDate: '2026-01-31' })
    expect(await get<BillRunRate>(service, `/v1/bill-runs/${billRunId}/rate`)).toEqual({
      from: null,
      stepSeconds: 1,
      accounts: [],
    })
    await post(service, `/v1/bill-runs/${billRunId}/cancel`, {}, 202)
  })
})
