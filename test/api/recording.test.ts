import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AcceptedCredit, Charge, CreditBatchAnswer } from '../../src/api/types.ts'
import { post } from '../support/expected-answer.ts'
import { UUID } from '../support/id-and-time.ts'
import { expectProblem } from '../support/problem.ts'
import { seedService } from '../support/seeded-service.ts'
import { openService, type Service } from '../support/service.ts'

let service: Service

beforeAll(async () => {
  service = await openService()
  await seedService(service)
})
afterAll(() => service.close())

describe('references', () => {
  test('a credit with a reference repeated, however it is written, is the first; with other content it is refused', async () => {
    const body = { accountId: 'usd', amount: '8', reason: 'Once', reference: 'only-once' }
    const first = await service.call<AcceptedCredit>('POST', '/v1/credits', { body })
    const again = await service.call('POST', '/v1/credits', {
      body: { ...body, amount: '8.00', automaticDisbursement: true, currency: 'USD' },
    })
    expect([again.status, again.body, again.headers.location]).toEqual([202, first.body, first.headers.location])
    for (const other of [{ amount: '9' }, { reason: 'Twice' }, { note: 'more' }, { automaticDisbursement: false }]) {
      expectProblem(await service.call('POST', '/v1/credits', { body: { ...body, ...other } }), 409, 'reference_reused')
    }
    expect(
      (await service.call('POST', '/v1/credits', { body: { ...body, accountId: 'other', amount: '9' } })).status,
    ).toBe(202)
  })

  test('a charge with a reference repeated is the first, within one request too', async () => {
    const charge = {
      accountId: 'usd',
      amount: '8',
      description: 'Once',
      chargedOn: '2030-01-01',
      reference: 'charged-once',
    }
    const { charges } = await post<{ charges: Charge[] }>(
      service,
      '/v1/charges',
      { charges: [charge, { ...charge, amount: '8.00' }] },
      201,
    )
    expect(charges[0]).toEqual(charges[1])
    const { chargedOn: _, ...undated } = charge
    expect(await post(service, '/v1/charges', { charges: [undated] }, 201)).toEqual({ charges: [charges[0]] })
  })
})

test('a batch takes what is valid and says of the rest why not', async () => {
  const good = { accountId: 'usd', amount: '1', reason: 'x' }
  const credits = [
    good,
    { ...good, amount: '1e3' },
    { ...good, accountId: 'nobody' },
    { ...good, amount: '0.001' },
    { ...good, currency: 'EUR' },
    { ...good, reference: 'in-batch' },
    { ...good, reference: 'in-batch' },
    { ...good, reference: 'in-batch', amount: '2' },
    { ...good, notAField: 1 },
    { amount: '1' },
    { ...good, reason: `e${'\u0301'.repeat(500)}` },
    {},
  ]
  const { accepted, rejected } = await post<CreditBatchAnswer>(service, '/v1/credits/batch', { credits }, 202)
  expect(accepted.map(({ index }) => index)).toEqual([0, 5, 6])
  expect(accepted[1]).toEqual({ ...accepted[2], index: 5 })
  for (const one of accepted) expect(one).toEqual({ index: one.index, jobId: UUID, creditId: UUID })
  expect(
    rejected.map(({ index, problem }) => [index, problem.status, problem.code, problem.errors?.[0]?.pointer]),
  ).toEqual([
    [1, 400, 'invalid_request', '/amount'],
    [2, 404, 'account_not_found', undefined],
    [3, 422, 'invalid_amount', '/amount'],
    [4, 422, 'currency_mismatch', undefined],
    [7, 409, 'reference_reused', undefined],
    [8, 400, 'invalid_request', '/notAField'],
    [9, 400, 'invalid_request', '/accountId'],
    [10, 400, 'invalid_request', '/reason'],
    [11, 400, 'invalid_request', '/accountId'],
  ])
  for (const { problem } of rejected)
    expect(problem).toMatchObject({ type: `/problems/${problem.code}`, title: /./, detail: /./ })
})

test('the largest amounts come back to the last digit', async () => {
  for (const [accountId, amount] of [
    ['usd', '999999999999999.99'],
    ['jpy', '999999999999999'],
    ['kwd', '999999999999999.999'],
  ] as const) {
    const charges = [{ accountId, amount, description: 'A lot', chargedOn: '2030-01-01' }]
    const answer = await post<{ charges: Charge[] }>(service, '/v1/charges', { charges }, 201)
    expect(answer.charges[0]?.amount).toBe(amount)
  }
})
