import { afterAll, beforeAll, expect } from 'vitest'
import { describeOnRedis } from '../support/backends.ts'
import { eventually } from '../support/eventually.ts'
import { expectProcessed, postCredits } from '../support/intake.ts'
import { BILL_DATE, expectBilledOnce, insertAccounts } from '../support/many-accounts.ts'
import { MASTER, startSentinel, type TestSentinel } from '../support/redis-sentinel.ts'
import { openStack, type Stack } from '../support/stack.ts'

const PASSWORD = 'of-the-sentinel'

describeOnRedis('on a Redis that Sentinels watch', (it) => {
  let sentinel: TestSentinel
  let stack: Stack
  beforeAll(async () => {
    sentinel = await startSentinel(PASSWORD)
    stack = await openStack({
      backend: 'redis',
      redisUrl: `redis://${MASTER}`,
      workers: { reversal: 0 },
      env: {
        REDIS_SENTINELS: sentinel.address,
        REDIS_SENTINEL_PASSWORD: PASSWORD,
        BILL_BATCH_SIZE: '10',
      },
    })
  })
  afterAll(async () => {
    await stack.close()
    await sentinel.stop()
  })

  it('work goes on when the master is killed in the middle of a run and of the intake', async () => {
    const group = 'watched'
    await insertAccounts(stack, group, 500)
    const { billRunId } = await stack.client.startBillRun({ billGroup: group, billDate: BILL_DATE })
    const posting = postCredits(stack.client, { group, accounts: 50, credits: 200 })
    await eventually(
      async () => expect((await stack.client.getBillRun(billRunId)).progress.billed).toBeGreaterThan(0),
      { timeoutMs: 30_000, intervalMs: 5 },
    )
    await sentinel.master.kill('SIGKILL')
    await eventually(async () => expect(await sentinel.masterPort()).toBe(sentinel.replica.port), { timeoutMs: 60_000 })
    const accepted = await posting
    await stack.quiet()
    await expectBilledOnce(stack, billRunId, group)
    await expectProcessed(stack, accepted)
    await stack.expectReconciled()
  })
})
