import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, inject } from 'vitest'
import { type BackendKind, describeAlongside, describeOnRedis, onEachBackend } from '../support/backends.ts'
import { eventually } from '../support/eventually.ts'
import { type FlakyProxy, openFlakyProxy } from '../support/flaky-proxy.ts'
import { expectProcessed, postCredits } from '../support/intake.ts'
import { BILL_DATE, expectBilledOnce, insertAccounts } from '../support/many-accounts.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { API_KEY, openStack, type Stack } from '../support/stack.ts'

/** A stack whose processes reach the database only by way of a proxy. */
async function openBehindProxy(backend: BackendKind, env: Readonly<Record<string, string>> = {}) {
  const proxy = await openFlakyProxy(inject('postgresUrl'))
  const workers = { reversal: 0, credit: 1, 'bill-batch': 1 }
  const stack = await openStack({ backend, workers, env, reachDatabaseAt: proxy.through })
  return { proxy, stack }
}

/** A bill run of 600 accounts and 100 credits, over connections of 10 ms latency that are cut ten times meanwhile. */
async function workWhileCut(stack: Stack, proxy: FlakyProxy) {
  await insertAccounts(stack, 'slow', 600)
  const { billRunId } = await stack.client.startBillRun({ billGroup: 'slow', billDate: BILL_DATE })
  const posting = postCredits(stack.client, { group: 'slow', accounts: 50, credits: 100, atOnce: 5 })
  proxy.delay(10)
  for (let cuts = 0; cuts < 10; cuts += 1) {
    await sleep(300)
    proxy.cut()
  }
  proxy.delay(0)
  return { billRunId, accepted: await posting }
}

describeAlongside('COMMIT sent, its reply lost', (it) => {
  let proxy: FlakyProxy
  let stack: Stack
  beforeAll(async () => {
    const opened = await openBehindProxy('postgres', { BILL_BATCH_SIZE: '10' })
    proxy = opened.proxy
    stack = opened.stack
    await insertAccounts(stack, 'lost', 200)
  })
  afterAll(async () => {
    await stack.close()
    await proxy.close()
  })

  /** What the API answers to a POST that is sent once, and not again by a client that knows better. */
  async function post(path: string, body: object, headers: Readonly<Record<string, string>> = {}) {
    const answer = await fetch(new URL(path, stack.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    return { status: answer.status, body: (await answer.json()) as Readonly<Record<string, string>> }
  }

  const creditsGiven = async (reason: string) =>
    (await stack.asOwner(`select from job where request->>'reason' = '${reason}'`)).length

  it('a credit with an idempotency key is accepted once', async () => {
    for (let time = 1; time <= 5; time += 1) {
      const reason = `keyed-${time}`
      proxy.loseRepliesToCommit('nightbill api', 1)
      const { creditId } = await stack.client.postCredit({ accountId: 'lost-1', amount: '1', reason })
      expect(proxy.stillToLose()).toBe(0)
      expect(await creditsGiven(reason)).toBe(1)
      await stack.quiet()
      expect(await stack.client.getCredit(creditId)).toMatchObject({ status: 'pending' })
    }
  })

  it('a credit with neither key nor reference is accepted once for one answer', async () => {
    proxy.loseRepliesToCommit('nightbill api', 1)
    const { status } = await post('v1/credits', { accountId: 'lost-1', amount: '1', reason: 'unkeyed' })
    expect(proxy.stillToLose()).toBe(0)
    expect(status).toBe(202)
    expect(await creditsGiven('unkeyed')).toBe(1)
  })

  it('credits in a batch without a key are accepted once for one answer', async () => {
    const credits = Array.from({ length: 3 }, () => ({ accountId: 'lost-1', amount: '1', reason: 'unkeyed batch' }))
    proxy.loseRepliesToCommit('nightbill api', 1)
    expect((await post('v1/credits/batch', { credits })).status).toBe(202)
    expect(proxy.stillToLose()).toBe(0)
    expect(await creditsGiven('unkeyed batch')).toBe(3)
  })

  it('charges without a key or a reference are recorded once for one answer', async () => {
    const charges = [{ accountId: 'lost-1', amount: '1', description: 'unkeyed', chargedOn: '2026-01-01' }]
    proxy.loseRepliesToCommit('nightbill api', 1)
    expect((await post('v1/charges', { charges })).status).toBe(201)
    expect(proxy.stillToLose()).toBe(0)
    expect(await stack.asOwner("select from charge where description = 'unkeyed'")).toHaveLength(1)
  })

  it('what cannot be learned is not called undone: the answer says so, and how to go on', async () => {
    const charges = [{ accountId: 'lost-3', amount: '1', description: 'unknown', chargedOn: '2026-01-01' }]
    proxy.loseRepliesToCommit('nightbill api', 1, { goesAway: true })
    const { status, body } = await post('v1/charges', { charges })
    proxy.comeBack()
    expect([status, body.code, body.retryable]).toEqual([503, 'outcome_unknown', false])
    expect(body.detail).toMatch(/repeat it with the same Idempotency-Key, or look/)
    expect(await stack.asOwner("select from charge where description = 'unknown'")).toHaveLength(1)
  })

  it('a disbursement without a key is made once for one answer', async () => {
    const { client } = stack
    const { creditId } = await client.postCredit({
      accountId: 'lost-2',
      amount: '50',
      reason: 'By hand',
      automaticDisbursement: false,
    })
    await stack.quiet()
    const { billRunId } = await client.startBillRun({ accountIds: ['lost-2'], billDate: BILL_DATE })
    await stack.quiet()
    const { data } = await client.listInvoices({ billRunId })
    proxy.loseRepliesToCommit('nightbill api', 1)
    const made = await post(`v1/credits/${creditId}/disbursements`, { invoiceId: data[0]?.invoiceId, amount: '20' })
    expect(proxy.stillToLose()).toBe(0)
    expect(made.status).toBe(201)
    expect(await client.getCredit(creditId)).toMatchObject({ amountLeft: '30.00' })
  })

  it('a disbursement with a key is made once', async () => {
    const { client } = stack
    const { data } = await client.listCredits({ accountId: 'lost-2', status: 'issued' })
    const credit = data.find(({ reason }) => reason === 'By hand')
    const before = Number(credit?.amountLeft)
    const creditId = credit?.creditId as string
    proxy.loseRepliesToCommit('nightbill api', 1)
    await client.disburse(
      creditId,
      { invoiceId: credit?.invoiceId as string, amount: '5' },
      { idempotencyKey: randomUUID() },
    )
    expect(proxy.stillToLose()).toBe(0)
    expect(Number((await client.getCredit(creditId)).amountLeft)).toBe(before - 5)
  })

  it('batches are billed once', async () => {
    proxy.loseRepliesToCommit('nightbill worker-bill-batch', 8)
    const { billRunId } = await stack.client.startBillRun({ billGroup: 'lost', billDate: BILL_DATE })
    await stack.quiet()
    expect(proxy.stillToLose()).toBe(0)
    const run = await stack.client.getBillRun(billRunId)
    expect(run).toMatchObject({ status: 'completed', progress: { failed: 0 } })
    expect(await stack.asOwner('select from invoice group by account_id, bill_run_id having count(*) > 1')).toEqual([])
    await stack.expectReconciled()
  })

  it('accepted credits are recorded once', async () => {
    proxy.loseRepliesToCommit('nightbill worker-credit', 3)
    const accepted = await postCredits(stack.client, { group: 'lost', accounts: 20, credits: 60 })
    await stack.quiet()
    expect(proxy.stillToLose()).toBe(0)
    expect(accepted).toHaveLength(60)
    await expectProcessed(stack, accepted)
    await stack.expectReconciled()
  })
})

onEachBackend('a slow connection to the database, cut again and again', (backend, it) => {
  let proxy: FlakyProxy
  let stack: Stack
  beforeAll(async () => {
    const opened = await openBehindProxy(backend, { BILL_BATCH_SIZE: '20' })
    proxy = opened.proxy
    stack = opened.stack
  })
  afterAll(async () => {
    await stack.close()
    await proxy.close()
  })

  it('makes it slower only', async () => {
    const { billRunId, accepted } = await workWhileCut(stack, proxy)
    await stack.quiet()
    expect((await stack.client.getBillRun(billRunId)).progress.failed).toBe(0)
    await expectBilledOnce(stack, billRunId, 'slow')
    expect(accepted.length).toBeGreaterThan(0)
    await expectProcessed(stack, accepted)
    await stack.expectReconciled()
  })
})

describeOnRedis('a slow connection to Redis, cut again and again', (it) => {
  let redis: TestRedis
  let proxy: FlakyProxy
  let stack: Stack
  beforeAll(async () => {
    redis = await startRedis()
    proxy = await openFlakyProxy(redis.url)
    stack = await openStack({
      backend: 'redis',
      redisUrl: proxy.through(redis.url),
      workers: { reversal: 0 },
      env: { BILL_BATCH_SIZE: '20' },
    })
  })
  afterAll(async () => {
    await stack.close()
    await proxy.close()
    await redis.stop()
  })

  it('makes it slower only', async () => {
    const { billRunId, accepted } = await workWhileCut(stack, proxy)
    expect(accepted).toHaveLength(100)
    await stack.quiet()
    await expectBilledOnce(stack, billRunId, 'slow')
    await expectProcessed(stack, accepted)
    await eventually(() => stack.expectReconciled())
  })
})
