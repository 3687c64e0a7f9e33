import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AcceptedBillRun, AcceptedCredit, AuditEntry, DisbursementAnswer, Page } from '../../src/api/types.ts'
import { deleteExpired } from '../../src/ledger/requests/delete-expired.ts'
import { openLog } from '../../src/open-log.ts'
import { proposeDueRuns } from '../../src/work/schedules.ts'
import { get, post } from '../support/expected-answer.ts'
import { holdLock } from '../support/held-lock.ts'
import { TIME, UUID } from '../support/id-and-time.ts'
import { expectProblem } from '../support/problem.ts'
import { type Ids, seedService } from '../support/seeded-service.ts'
import { openService, type Service } from '../support/service.ts'

let service: Service
let ids: Ids

beforeAll(async () => {
  service = await openService()
  ids = await seedService(service)
})
afterAll(() => service.close())

const audit = async (query: string) => (await get<Page<AuditEntry>>(service, `/v1/audit?${query}`)).data

/** The entry of a subject's last change. */
const lastOf = async (subject: string) => (await audit(`subject=${subject}&limit=1`))[0]

describe('what undoes something takes a reason, and the audit keeps it', () => {
  test('who, what, when, with which key and request, and why', async () => {
    const { billRunId } = await post<AcceptedBillRun>(service, '/v1/bill-runs', { billGroup: 'nobody' }, 202)
    const cancelled = await service.call('POST', `/v1/bill-runs/${billRunId}/cancel`, {
      key: service.keys.operate,
      body: { reason: 'Wrong group' },
    })
    expect(cancelled.status).toBe(202)
    expect(await audit(`subject=${billRunId}`)).toEqual([
      {
        auditId: UUID,
        at: TIME,
        action: 'bill-run.cancel',
        subject: billRunId,
        source: 'http',
        keyId: UUID,
        keyName: 'operate',
        requestId: cancelled.headers['x-request-id'],
        reason: 'Wrong group',
        detail: null,
      },
      expect.objectContaining({ action: 'bill-run.start', keyName: 'bootstrap', reason: null }),
    ])
  })

  test.each([
    ['POST', '/v1/bill-runs/{finishedRun}/retry', 'bill-run.retry', 'finishedRun'],
    ['DELETE', '/v1/credits/{reversalPending}/reversal', 'reversal.cancel', 'reversalPending'],
    ['DELETE', '/v1/credits/{pending}', 'credit.delete', 'pending'],
    ['DELETE', '/v1/schedules/nightly', 'schedule.delete', 'nightly'],
    ['DELETE', '/v1/keys/{key}', 'key.revoke', 'key'],
  ])('%s %s', async (method, path, action, name) => {
    const at = path.replaceAll(/\{(\w+)\}/g, (_, id: string) => ids[id] as string)
    const reason = 'Asked for: "Ümläut" & more'
    const answer =
      method === 'POST'
        ? await service.call(method, at, { body: { reason } })
        : await service.call(method, `${at}?reason=${encodeURIComponent(reason)}`)
    expect(answer.status, answer.text).toBeLessThan(300)
    expect(await lastOf(ids[name] ?? name)).toMatchObject({ action, reason, keyName: 'bootstrap' })
  })

  test('a reason that cannot be one is refused, and nothing is done', async () => {
    const { billRunId } = await post<AcceptedBillRun>(service, '/v1/bill-runs', { billGroup: 'nobody' }, 202)
    const cancel = `/v1/bill-runs/${billRunId}/cancel`
    expectProblem(await service.call('POST', cancel, { body: { reason: '' } }), 400, 'invalid_request')
    expectProblem(await service.call('POST', cancel, { body: { why: 'x' } }), 400, 'invalid_request')
    expectProblem(await service.call('DELETE', `/v1/credits/${ids.issued}?reason=`), 400, 'invalid_request')
    expect((await post(service, cancel, undefined, 202)) as object).toMatchObject({ status: 'cancelled' })
  })
})

test("a credit's whole story is found by its id: given, reversed and why, disbursed; also when its jobs are forgotten", async () => {
  await post(service, `/v1/credits/${ids.issued}/disbursements`, { invoiceId: ids.invoice, amount: '1' }, 201)
  const { disbursement } = await post<DisbursementAnswer>(
    service,
    `/v1/credits/${ids.issued}/disbursements`,
    { invoiceId: ids.invoice, amount: '2' },
    201,
  )
  await post<AcceptedCredit>(service, `/v1/credits/${ids.issued}/reversal`, { reason: 'Given in error' }, 202)
  const story = await audit(`subject=${ids.issued}`)
  expect(story.map(({ action, reason }) => ({ action, reason }))).toEqual([
    { action: 'reversal.request', reason: 'Given in error' },
    { action: 'credit.disburse', reason: null },
    { action: 'credit.disburse', reason: null },
    { action: 'credit.request', reason: 'Goodwill' },
  ])
  expect(story[1]?.detail).toBe(`disbursement ${disbursement.disbursementId} of 2 to invoice ${disbursement.invoiceId}`)

  await service.processAll()
  await asOwner(`update job set finished_at = '2020-01-03' where status <> 'queued'`)
  await deleteExpired(service.db, { idempotencyHours: 48, jobDays: 35 })
  expect(
    await service.db
      .selectFrom('job')
      .select('id')
      .where('subject_id', '=', ids.issued as string)
      .execute(),
  ).toEqual([])
  expect(await audit(`subject=${ids.issued}`)).toEqual(story)
})

async function asOwner(statement: string): Promise<void> {
  const held = await holdLock(service.database.ownerUrl, `${statement}; commit`)
  await held.release()
}

test('a run that a schedule started says which', async () => {
  const body = { cron: '* * * * *', timezone: 'UTC', billGroup: 'nobody' }
  await service.call('PUT', '/v1/schedules/minutely', { body })
  await asOwner(`update schedule set effective_from = '2020-01-01' where name = 'minutely'`)
  await proposeDueRuns(service.db, service.queues, openLog('test', 'silent'))
  const run = await service.db
    .selectFrom('bill_run')
    .select('id')
    .where('schedule_name', '=', 'minutely')
    .executeTakeFirstOrThrow()
  expect(await audit(`subject=${run.id}`)).toEqual([
    expect.objectContaining({
      action: 'bill-run.start',
      source: 'schedule',
      keyId: null,
      keyName: null,
      requestId: null,
      detail: 'schedule minutely',
    }),
  ])
})

test('by key and by time, walked a few at a time: each once, newest first, jobs among the entries', async () => {
  const { body: made } = await service.call<{ keyId: string; key: string }>('POST', '/v1/keys', {
    body: { name: 'auditor', scopes: ['enqueue', 'operate'] },
  })
  const { key, keyId } = made
  const start = new Date()
  for (let n = 0; n < 4; n += 1) {
    await sleep(2)
    const credit = { accountId: 'other', amount: '1', reason: `Reason ${n}` }
    expect((await service.call('POST', '/v1/credits', { key, body: credit })).status).toBe(202)
    await sleep(2)
    const run = await service.call('POST', '/v1/bill-runs', { key, body: { billGroup: 'nobody' } })
    expect(run.status).toBe(202)
  }
  const whole = await audit(`keyId=${keyId}`)
  expect(whole.map(({ action }) => action)).toEqual(
    Array.from({ length: 4 }, () => ['bill-run.start', 'credit.request']).flat(),
  )
  expect(whole.every((entry) => entry.keyId === keyId && entry.keyName === 'auditor')).toBe(true)

  for (const query of [`keyId=${keyId}`, `from=${start.toISOString()}`]) {
    const walked: AuditEntry[] = []
    for (let cursor = ''; ; ) {
      const page = await get<Page<AuditEntry>>(service, `/v1/audit?${query}&limit=3${cursor}`)
      walked.push(...page.data)
      if (page.nextCursor === null) break
      cursor = `&cursor=${page.nextCursor}`
    }
    expect(walked, query).toEqual(whole)
  }

  const middle = whole[3]?.at as string
  const [later, earlier] = await Promise.all([
    audit(`keyId=${keyId}&from=${middle}`),
    audit(`keyId=${keyId}&to=${middle}`),
  ])
  expect([...later, ...earlier]).toEqual(whole)
  expect(later.every(({ at }) => at >= middle)).toBe(true)
  expect(await audit(`keyId=${keyId}&subject=${whole[0]?.subject}`)).toEqual([whole[0]])
  expect(await audit(`keyId=${keyId}&subject=${ids.issued}`)).toEqual([])
})

test.each([
  'from=yesterday',
  'to=2026-02-30T00:00:00Z',
  'from=2026-12-31T23:59:60Z',
  'keyId=x',
  'subject=',
  'cursor=MjAyNg',
  'action=x',
])('?%s is refused', async (query) => {
  const { status } = await service.call('GET', `/v1/audit?${query}`)
  expect(status).toBe(400)
})
