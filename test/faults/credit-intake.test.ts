import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { type HeldLock, holdLock } from '../support/held-lock.ts'
import { expectProblem } from '../support/problem.ts'
import { openService, type Service } from '../support/service.ts'

let service: Service
beforeAll(async () => {
  service = await openService()
  await service.call('POST', '/v1/accounts', { body: { accountId: 'usd', name: 'Somebody', currency: 'USD' } })
})
afterAll(() => service.close())

const post = (reason: string, more: object = {}) =>
  service.call('POST', '/v1/credits', { body: { accountId: 'usd', amount: '1', reason, ...more } })

async function accepted(reason: string): Promise<number> {
  const jobs = service.db.selectFrom('job').select('id').where('request', '@>', JSON.stringify({ reason }))
  return (await jobs.execute()).length
}

/** Somebody who is about to take this reference of the account, for as long as it pleases. */
const holdReference = (reference: string) =>
  holdLock(
    service.database.ownerUrl,
    `insert into credit_reference (account_id, reference, credit_id, job_id, content_hash)
      select id, '${reference}', gen_random_uuid(), gen_random_uuid(), '\\x00' from account where key = 'usd'`,
  )

async function whileHeld<T>(lock: HeldLock, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } finally {
    await lock.release()
  }
}

test('a request that has to wait for somebody holds up nobody else', async () => {
  const lock = await holdReference('held')
  const held = post('held', { reference: 'held' })
  await whileHeld(lock, async () => {
    for (let times = 0; times < 5; times += 1) expect((await post('beside')).status).toBe(202)
  })
  // On a slow machine it may have been told so already.
  const { status } = await held
  expect(await accepted('held')).toBe(status === 202 ? 1 : 0)
})

test('a request that waits for somebody for too long is told so, in seconds, and has changed nothing', async () => {
  const answer = await whileHeld(await holdReference('long'), () => post('long', { reference: 'long' }))
  expectProblem(answer, 503, 'database_away')
  expect(await accepted('long')).toBe(0)
  expect((await post('long', { reference: 'long' })).status).toBe(202)
})

test('when nothing goes on, the waiting is bounded, by number and by time, and what is refused has changed nothing', async () => {
  const lock = await holdLock(service.database.ownerUrl, 'lock table job in access exclusive mode')
  const began = performance.now()
  const answers = await whileHeld(lock, async () => {
    const requests = Array.from({ length: 1_500 }, async () => {
      const { status, body, headers } = await post('stalled')
      return {
        status,
        code: body.code,
        detail: body.detail,
        retryAfter: headers['retry-after'],
        ms: performance.now() - began,
      }
    })
    return await Promise.all(requests)
  })
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]))
  expect(new Set(answers.map(({ code }) => code))).toEqual(new Set(['too_busy', 'database_away']))
  for (const { detail, retryAfter } of answers) {
    expect(detail).toMatch(/nothing was changed/)
    expect(Number(retryAfter)).toBeGreaterThan(0)
  }
  // By default one statement alone may wait for its lock for 10 s, five times.
  expect(Math.max(...answers.map(({ ms }) => ms))).toBeLessThan(30_000)
  await eventually(async () => expect((await post('after')).status).toBe(202))
  expect(await accepted('stalled')).toBe(0)
})
