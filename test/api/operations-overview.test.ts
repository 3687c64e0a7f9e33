import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ApiClient, openApiClient } from '../../src/client/api-client.ts'
import { recordReconciliation } from '../../src/ledger/reconcile/record-reconciliation.ts'
import { execute } from '../support/database.ts'
import { openService, type Service } from '../support/service.ts'

let service: Service
let client: ApiClient

beforeEach(async () => {
  service = await openService()
  client = openApiClient({ baseUrl: service.url, apiKey: service.keys.read })
})
afterEach(() => service.close())

const asOwner = (statement: string) =>
  execute(service.database.ownerUrl, `set session_replication_role = replica; ${statement}`)
const codes = async () => (await client.getOperations()).findings.map(({ code }) => code)
const post = async (path: string, body: unknown) =>
  (await service.call<{ jobId: string; billRunId: string }>('POST', path, { body })).body

/** An account with a charge and a credit, and a run of its group that bills it. */
async function billOne() {
  await post('/v1/accounts', { accountId: 'acme', name: 'Acme Ltd', currency: 'USD' })
  await post('/v1/charges', {
    charges: [{ accountId: 'acme', amount: '140', description: 'Hosting', chargedOn: '2026-01-01' }],
  })
  await post('/v1/credits', { accountId: 'acme', amount: '50', reason: 'Goodwill' })
  await service.processAll()
  const { billRunId } = await post('/v1/bill-runs', { billDate: '2026-01-31' })
  await service.processAll()
  return billRunId
}

test('a new service was never proved, and after that all is well', async () => {
  expect(await client.getOperations()).toMatchObject({
    verdict: { level: 'attention', findings: 1, title: 'One thing needs you' },
    findings: [{ code: 'books_not_proved', since: null }],
    lastRun: null,
    nextRuns: [],
    reconciliation: { last: null, request: null },
  })
  const billRunId = await billOne()
  await recordReconciliation(service.db)
  const operations = await client.getOperations()
  expect(operations).toMatchObject({
    verdict: { level: 'well', findings: 0, title: 'All is well' },
    findings: [],
    lastRun: { billRunId, totals: [{ charged: '140.00' }] },
    reconciliation: { last: { ok: true, invoices: 1, credits: 1 }, request: null },
  })
  expect(operations.now.map(({ kind, isRequest, open }) => [kind, isRequest, open])).toEqual([
    ['credit', true, 0],
    ['reversal', true, 0],
    ['bill-run', false, 0],
    ['bill-batch', false, 0],
  ])
})

test('what waits, failed, stands still or is missing is found', async () => {
  await recordReconciliation(service.db)
  const billRunId = await billOne()
  const waiting = await post('/v1/credits', { accountId: 'acme', amount: '5', reason: 'Goodwill' })
  const failed = await post('/v1/credits', { accountId: 'acme', amount: '6', reason: 'Goodwill' })
  await asOwner(`
    update job set created_at = now() - interval '11 minutes' where id = '${waiting.jobId}';
    update job set status = 'failed', error_code = 'timed_out', error_message = 'x', finished_at = now() where id = '${failed.jobId}';
    update bill_run set status = 'completed_with_failures' where id = '${billRunId}';
    update bill_batch set status = 'failed', failure_code = 'timed_out', failure_message = 'x' where bill_run_id = '${billRunId}';
    insert into bill_run (id, bill_group, bill_date, status, created_at, started_at)
      values (gen_random_uuid(), 'default', '2026-02-28', 'running', now() - interval '2 minutes', now() - interval '2 minutes');
    insert into schedule (name, cron, timezone, bill_group, effective_from) values ('yearly', '0 0 1 1 *', 'UTC', 'default', '2020-01-01');
    update api_key set expires_at = now() + interval '3 days' where name = 'enqueue'`)
  const { findings, verdict, nextRuns } = await client.getOperations()
  expect(findings.map(({ code }) => code)).toEqual([
    'schedule_not_begun',
    'waits_too_long',
    'run_failures',
    'run_stalled',
    'requests_failed',
    'key_expires',
  ])
  expect(verdict.level).toBe('bad')
  expect(findings.find(({ code }) => code === 'run_failures')).toMatchObject({
    what: '1 account could not be billed in default, 31 Jan 2026',
    action: { target: { kind: 'bill-run-failures', id: billRunId } },
  })
  expect(nextRuns).toMatchObject([{ schedule: 'yearly', billGroup: 'default', timezone: 'UTC' }])
  expect(Date.parse(nextRuns[0]?.at as string)).toBeGreaterThan(Date.now() - 60_000)

  // Mended: the failures are gone, and so are their findings.
  await asOwner(`update job set status = 'queued', finished_at = null, error_code = null where id = '${failed.jobId}';
    update bill_run set status = 'completed' where id = '${billRunId}'`)
  expect(await codes()).not.toEqual(expect.arrayContaining(['requests_failed']))
  expect(await codes()).not.toEqual(expect.arrayContaining(['run_failures']))
})

test('a run that was retried is measured from its retry', async () => {
  await recordReconciliation(service.db)
  const billRunId = await billOne()
  await asOwner(`
    update bill_batch set status = 'failed', failure_code = 'timed_out', failure_message = 'x', finished_at = now() - interval '2 days',
      created_at = now() - interval '2 days' where bill_run_id = '${billRunId}';
    update bill_run set status = 'completed_with_failures', started_at = now() - interval '2 days', created_at = now() - interval '2 days'`)
  await service.call('POST', `/v1/bill-runs/${billRunId}/retry`, { body: {} })
  expect(await codes()).toEqual([])
})

test('broken books are found, of the whole database and of a run, until they are proved again', async () => {
  const billRunId = await billOne()
  await asOwner('update invoice set total_charge = 141, total = 141, balance = 141')
  await recordReconciliation(service.db)
  const { reconciliationId } = await recordReconciliation(service.db, { billRunId })
  const { findings, verdict } = await client.getOperations()
  expect(findings.map(({ code }) => code)).toEqual(['books_broken', 'books_broken'])
  expect(findings[1]).toMatchObject({
    what: expect.stringMatching(/^What default, 31 Jan 2026 wrote does not add up: \d+ rules? (is|are) broken$/),
    why: expect.stringContaining('invoice_totals'),
    action: { target: { kind: 'reconciliation', id: String(reconciliationId) } },
  })
  expect(verdict.title).toBe('Two things need you')

  await asOwner('update invoice set total_charge = 140, total = 140, balance = 90')
  await recordReconciliation(service.db)
  await recordReconciliation(service.db, { billRunId })
  expect(await codes()).toEqual([])
})

test('the history has a value for each step, null where nobody measured, and when runs began', async () => {
  const billRunId = await billOne()
  const sample = (minutes: number, open: number, failed: number) =>
    `(date_trunc('minute', now()) - interval '${minutes} minutes', 'credit', ${open}, ${open / 10}, ${open * 2}, ${failed})`
  await asOwner(`insert into operations_sample (minute, kind, open, oldest_seconds, done, failed)
    values ${[sample(0, 4, 0), sample(1, 10, 2), sample(3, 20, 1), sample(61, 30, 5), sample(119, 40, 1)].join(', ')}`)
  const history = await client.getOperationsHistory({ hours: 1, step: 1 })
  const [credit, ...others] = history.kinds
  expect(others).toEqual([])
  expect(history.stepSeconds).toBe(60)
  expect(credit?.waiting).toHaveLength(60)
  // The last step may have ended meanwhile.
  const last = credit?.waiting.lastIndexOf(4) ?? -1
  expect(last).toBeGreaterThanOrEqual(58)
  expect(credit?.waiting.slice(last - 4, last + 1)).toEqual([null, 20, null, 10, 4])
  expect(credit?.oldestSeconds[last]).toBe(0.4)
  expect(credit?.donePerMinute[last]).toBe(8)
  expect(credit?.failedPerHour[last], 'of the last 60 minutes').toBe(3)
  expect(history.runs).toEqual([{ billRunId, name: 'default', startedAt: expect.any(String) }])

  const hours = await client.getOperationsHistory({ hours: 3, step: 60 })
  // The most of each hour, however the hours of the clock lie.
  expect(Math.max(...(hours.kinds[0]?.waiting.map((value) => value ?? 0) ?? []))).toBe(40)
  expect(hours.kinds[0]?.waiting).toHaveLength(3)
})

test('the history is bounded', async () => {
  expect((await client.getOperationsHistory({ hours: 840 })).stepSeconds).toBe(175 * 60)
  const at = (query: string) => service.call('GET', `/v1/operations/history?${query}`)
  expect((await at('hours=841')).body).toMatchObject({ code: 'invalid_request', detail: 'hours must be 1 to 840' })
  expect((await at('hours=840&step=1')).body).toMatchObject({
    code: 'invalid_request',
    errors: [{ pointer: '/querystring/step' }],
  })
  expect((await at('hours=24&step=1')).status).toBe(200)
  expect((await at('hours=0')).status).toBe(400)
})

test('a batch of samples of seven days says what is usual', async () => {
  await sql`insert into operations_sample (minute, kind, open, oldest_seconds, done, failed)
    select date_trunc('minute', now()) - n * interval '1 minute', 'credit', 0, case when n % 3 = 0 then 900 else 2 end, n, 1
    from generate_series(0, 59) n`.execute(service.db)
  const { now } = await client.getOperations()
  expect(now.find(({ kind }) => kind === 'credit')).toMatchObject({ usualSeconds: 2, donePerMinute: 0 })
  expect(now.find(({ kind }) => kind === 'credit')?.failedLastHour).toBeGreaterThanOrEqual(59)
  expect(now.find(({ kind }) => kind === 'reversal')).toMatchObject({ usualSeconds: null, donePerMinute: null })
})
