import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type {
  AcceptedCredit,
  Credit,
  Job,
  JobFailureGroup,
  Key,
  Page,
  RetriedJobs,
  RetryJobs,
} from '../../src/api/types.ts'
import { settleJobs } from '../../src/ledger/requests/settle-jobs.ts'
import { eventually } from '../support/eventually.ts'
import { get, post } from '../support/expected-answer.ts'
import { TIME, UUID } from '../support/id-and-time.ts'
import { expectProblem } from '../support/problem.ts'
import { NOBODY } from '../support/seeded-service.ts'
import { openService, type Service } from '../support/service.ts'

let service: Service

beforeAll(async () => {
  service = await openService()
  for (const [accountId, currency] of [
    ['acme', 'USD'],
    ['yen', 'JPY'],
    ['many', 'USD'],
  ]) {
    await service.call('POST', '/v1/accounts', { body: { accountId, name: `Name of ${accountId}`, currency } })
  }
})
afterAll(() => service.close())

const ask = (accountId: string, more: object = {}) =>
  post<AcceptedCredit>(service, '/v1/credits', { accountId, amount: '5', reason: 'Goodwill', ...more }, 202)

/** Makes jobs fail, as a worker does. */
const fail = (code: string, ...jobIds: readonly string[]) =>
  settleJobs(
    service.db,
    jobIds.map((id) => ({ id, refusal: { code, message: `because of ${code}` }, result: {} })),
  )

const jobs = async (query: string) => (await get<Page<Job>>(service, `/v1/jobs?${query}`)).data
const groups = async (query = '') =>
  (await get<{ data: readonly JobFailureGroup[] }>(service, `/v1/jobs/failure-groups?${query}`)).data
const retry = (body: RetryJobs, headers: Record<string, string> = {}) =>
  service.call<RetriedJobs>('POST', '/v1/jobs/retry', { body, headers })

test('a request is shown with its account, amount, reason and reference, before and after it is carried out', async () => {
  const asked = await ask('acme', { amount: '50', reference: 'ticket-1', automaticDisbursement: false })
  const expected = {
    jobId: asked.jobId,
    type: 'credit',
    accountId: 'acme',
    accountName: 'Name of acme',
    creditId: asked.creditId,
    amount: '50.00',
    currency: 'USD',
    reason: 'Goodwill',
    reference: 'ticket-1',
    automaticDisbursement: false,
    error: null,
    trouble: null,
    createdAt: TIME,
  }
  expect(await jobs('accountId=acme')).toEqual([
    { ...expected, status: 'queued', attempts: 0, result: null, finishedAt: null },
  ])
  await service.processAll()
  const done = { ...expected, status: 'done', attempts: 1, result: { creditId: asked.creditId }, finishedAt: TIME }
  expect(await jobs('accountId=acme&status=done&type=credit')).toEqual([done])
  expect(await get(service, `/v1/jobs/${asked.jobId}`)).toEqual(done)
})

test('a reversal is shown with the amount of its credit', async () => {
  const { creditId } = await ask('yen', { amount: '700' })
  await service.processAll()
  await post(
    service,
    '/v1/charges',
    {
      charges: [{ accountId: 'yen', amount: '1000', description: 'x', chargedOn: '2026-01-01' }],
    },
    201,
  )
  await post(service, '/v1/bill-runs', { accountIds: ['yen'], billDate: '2026-01-31' }, 202)
  await service.processAll()
  await post(service, `/v1/credits/${creditId}/reversal`, { reason: 'By mistake' }, 202)
  expect(await jobs('type=reversal')).toMatchObject([
    {
      type: 'reversal',
      accountId: 'yen',
      creditId,
      amount: '700',
      currency: 'JPY',
      reason: 'By mistake',
      reference: null,
      automaticDisbursement: null,
    },
  ])
  await service.processAll()
})

test('requests are listed newest first, page by page, by each filter', async () => {
  const asked: AcceptedCredit[] = []
  for (let n = 0; n < 5; n += 1) asked.push(await ask('many'))
  const ids = asked.map(({ jobId }) => jobId).reverse()
  await fail('timed_out', ids[1] as string, ids[2] as string)
  await fail('database_refused', ids[3] as string)
  const idsOf = async (query: string) => (await jobs(`accountId=many&${query}`)).map(({ jobId }) => jobId)
  expect(await idsOf('')).toEqual(ids)
  expect(await idsOf('status=failed')).toEqual(ids.slice(1, 4))
  expect(await idsOf('status=queued')).toEqual([ids[0], ids[4]])
  expect(await idsOf('code=timed_out')).toEqual(ids.slice(1, 3))
  expect(await idsOf('code=timed_out&status=done')).toEqual([])
  expect(await idsOf('type=reversal')).toEqual([])
  const at = (await jobs('accountId=many'))[2]?.createdAt as string
  expect([...(await idsOf(`from=${at}`)), ...(await idsOf(`to=${at}`))]).toEqual(ids)
  expect((await jobs('status=failed&code=database_refused')).map(({ jobId }) => jobId)).toEqual([ids[3]])
  expect(await jobs('code=database_refused&status=queued')).toEqual([])

  for (const query of ['', 'status=queued&', 'type=credit&', 'accountId=many&', 'code=timed_out&']) {
    const whole = await jobs(query)
    const walked: Job[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Page<Job> = await get(service, `/v1/jobs?${query}limit=1${cursor && `&cursor=${cursor}`}`)
      walked.push(...page.data)
      cursor = page.nextCursor
    }
    expect(walked, query).toEqual(whole)
  }
  expectProblem(await service.call('GET', '/v1/jobs?accountId=nobody'), 404, 'account_not_found')
})

describe('failed requests', () => {
  test('are grouped by reason, the most frequent first, as they are filtered', async () => {
    const [timed, refused] = await groups('accountId=many')
    expect(timed).toEqual({
      code: 'timed_out',
      title: 'It took too long in every try',
      count: 2,
      atLeast: false,
      example: 'because of timed_out',
      jobIds: [UUID, UUID],
    })
    expect(refused).toMatchObject({ code: 'database_refused', count: 1 })
    expect((await groups()).map(({ code, count }) => [code, count])).toEqual([
      ['timed_out', 2],
      ['database_refused', 1],
    ])
    expect(await groups('type=reversal')).toEqual([])
    expect(await groups('accountId=acme')).toEqual([])
  })

  test('are retried by reason, all that match, with the exact count and one audit entry', async () => {
    const { status, body, headers } = await retry({ codes: ['timed_out'], reason: 'It is mended' })
    expect([status, body]).toEqual([202, { retried: 2, refused: 0, more: false }])
    expect((await groups()).map(({ code }) => code)).toEqual(['database_refused'])
    const { data } = await get<Page<object>>(service, '/v1/audit?subject=timed_out')
    expect(data).toMatchObject([
      { action: 'job.retry', reason: 'It is mended', detail: '2 of type credit', requestId: headers['x-request-id'] },
    ])
    await service.processAll()
    expect((await jobs('accountId=many&status=done')).length).toBe(4)
  })

  test('are retried by type and by account; without a filter all of them', async () => {
    const other = await ask('acme')
    await fail('timed_out', other.jobId)
    expect((await retry({ type: 'reversal' })).body).toEqual({ retried: 0, refused: 0, more: false })
    expect((await retry({ accountId: 'acme' })).body.retried).toBe(1)
    expect((await groups()).map(({ code }) => code)).toEqual(['database_refused'])
    expect((await retry({})).body.retried).toBe(1)
    expect(await groups()).toEqual([])
    await service.processAll()
    expectProblem(await retry({ accountId: 'nobody' }), 404, 'account_not_found')
  })

  test('of one reference are queued once; the others stay failed, and are counted', async () => {
    const first = await ask('acme', { reference: 'again' })
    await fail('timed_out', first.jobId)
    const second = await ask('acme', { reference: 'again' })
    await fail('timed_out', second.jobId)
    expect((await retry({})).body).toEqual({ retried: 1, refused: 1, more: false })
    await service.processAll()
    const [left] = await jobs('status=failed')
    expect(left?.jobId).toBe(second.jobId)
    expect((await retry({})).body).toEqual({ retried: 0, refused: 1, more: false })
    const { data } = await get<Page<Credit>>(service, '/v1/credits?accountId=acme')
    expect(data.filter(({ reference }) => reference === 'again')).toHaveLength(1)
    expectProblem(await service.call('POST', `/v1/jobs/${second.jobId}/retry`), 409, 'reference_taken')
  })

  test('that reverse one credit are queued once', async () => {
    const { data } = await get<Page<Credit>>(service, '/v1/credits?accountId=acme')
    const creditId = data[0]?.creditId as string
    await post(service, '/v1/bill-runs', { accountIds: ['acme'], billDate: '2026-02-28' }, 202)
    await service.processAll()
    for (let n = 0; n < 2; n += 1) {
      const { jobId } = await post<AcceptedCredit>(service, `/v1/credits/${creditId}/reversal`, {}, 202)
      await fail('timed_out', jobId)
    }
    expect((await retry({ type: 'reversal' })).body).toEqual({ retried: 1, refused: 1, more: false })
    await service.processAll()
    expect((await get<Credit>(service, `/v1/credits/${creditId}`)).status).toBe('reversal_pending')
  })

  test('that are more than one transaction takes are all queued, and each once, however many ask', async () => {
    const credits = Array.from({ length: 1_000 }, () => ({ accountId: 'many', amount: '1', reason: 'Many' }))
    const batches = [credits, credits, credits.slice(0, 300)]
    for (const batch of batches) await post(service, '/v1/credits/batch', { credits: batch }, 202)
    const queued = await service.db.selectFrom('job').select('id').where('status', '=', 'queued').execute()
    expect(queued).toHaveLength(2_300)
    await fail('timed_out', ...queued.map(({ id }) => id))
    expect((await groups('accountId=many'))[0]?.count).toBe(2_300)

    const rule = { codes: ['timed_out'], accountId: 'many' }
    const key = { 'idempotency-key': 'retry-many' }
    const answers = await Promise.all(Array.from({ length: 4 }, () => retry(rule, key)))
    const done = answers.filter(({ status }) => status === 202)
    expect(new Set(done.map(({ text }) => text))).toEqual(new Set(['{"retried":2300,"refused":0,"more":false}']))
    for (const other of answers.filter(({ status }) => status !== 202)) expectProblem(other, 409, 'request_in_flight')
    const again = await retry(rule, key)
    expect([again.body.retried, again.headers['idempotent-replayed']]).toEqual([2_300, 'true'])
    const { length } = await service.db.selectFrom('job').select('id').where('status', '=', 'queued').execute()
    expect(length).toBe(2_300)
    const { data } = await get<Page<{ action: string; detail: string }>>(service, '/v1/audit?subject=timed_out&limit=3')
    expect(data.map(({ detail }) => detail)).toEqual([
      '300 of type credit',
      '1000 of type credit',
      '1000 of type credit',
    ])
  })

  test('a rule that names what cannot be is refused', async () => {
    for (const body of [{ codes: [] }, { codes: ['A B'] }, { code: 'timed_out' }])
      expectProblem(await service.call('POST', '/v1/jobs/retry', { body }), 400, 'invalid_request')
    expectProblem(await service.call('GET', `/v1/jobs/${NOBODY}`), 404, 'job_not_found')
  })
})

test('a key says when it was last used', async () => {
  const keys = async () => (await get<Page<Key>>(service, '/v1/keys')).data
  const { keyId, key } = await post<{ keyId: string; key: string }>(
    service,
    '/v1/keys',
    { name: 'used', scopes: ['read'] },
    201,
  )
  const used = async () => (await keys()).find((one) => one.keyId === keyId)?.lastUsedAt
  expect(await used()).toBeNull()
  await service.call('GET', '/v1/accounts', { key })
  await eventually(async () => expect(await used()).toEqual(TIME))
  const first = await used()
  await service.db
    .updateTable('api_key')
    .set({ last_used_at: new Date(0) })
    .where('id', '=', keyId)
    .execute()
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  await service.call('GET', '/v1/accounts', { key })
  expect((await used()) ?? '').not.toBe(new Date(0).toISOString())
  expect((await used()) ?? '' > (first as string)).toBeTruthy()
})
