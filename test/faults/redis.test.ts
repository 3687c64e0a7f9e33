import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect } from 'vitest'
import { describeOnRedis } from '../support/backends.ts'
import { eventually } from '../support/eventually.ts'
import { expectProcessed, postCredits } from '../support/intake.ts'
import { BILL_DATE, expectBilledOnce, insertAccounts } from '../support/many-accounts.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { openStack, type Stack } from '../support/stack.ts'

describeOnRedis('the queue lost in the middle of a run and of the intake', (it) => {
  let redis: TestRedis
  let stack: Stack
  beforeAll(async () => {
    redis = await startRedis()
    stack = await openStack({
      backend: 'redis',
      redisUrl: redis.url,
      workers: { reversal: 0 },
      env: { BILL_BATCH_SIZE: '10' },
    })
  })
  afterAll(async () => {
    await stack.close()
    await redis.stop()
  })

  /** Does something while a run of 1,000 accounts and the intake of 400 credits are under way; then all must come out right in time. */
  async function inTheMiddle(group: string, fault: () => Promise<void>): Promise<void> {
    await insertAccounts(stack, group, 1_000)
    const { billRunId } = await stack.client.startBillRun({ billGroup: group, billDate: BILL_DATE })
    const posting = postCredits(stack.client, { group, accounts: 50, credits: 400 })
    await eventually(
      async () => expect((await stack.client.getBillRun(billRunId)).progress.billed).toBeGreaterThan(0),
      {
        intervalMs: 5,
      },
    )
    expect((await stack.open()).batches).toBeGreaterThan(0)
    await fault()
    const accepted = await posting
    expect(accepted).toHaveLength(400)
    await stack.quiet()
    await expectBilledOnce(stack, billRunId, group)
    await expectProcessed(stack, accepted)
    await stack.expectReconciled()
  }

  it('killed (SIGKILL), and started again with nothing in it', () =>
    inTheMiddle('killed', async () => {
      await redis.kill('SIGKILL')
      await sleep(1_000)
      redis = await startRedis({ port: redis.port })
    }))

  it('emptied, three times', () =>
    inTheMiddle('emptied', async () => {
      for (let time = 1; time <= 3; time += 1) {
        await withRedis(redis, (admin) => admin.flushall())
        await sleep(300)
      }
    }))

  it('full: what is accepted meanwhile is carried out when there is room again', () =>
    inTheMiddle('full', async () => {
      await withRedis(redis, (admin) => admin.config('SET', 'maxmemory', '1mb'))
      await sleep(2_000)
      await withRedis(redis, (admin) => admin.config('SET', 'maxmemory', '0'))
    }))
})

describeOnRedis('a Redis that the queue itself has filled', (it) => {
  it('hands out jobs again: nothing that was accepted waits for more memory', async () => {
    const redis = await startRedis()
    const stack = await openStack({
      backend: 'redis',
      redisUrl: redis.url,
      workers: { reversal: 0, credit: 1, 'bill-batch': 1 },
      env: { BILL_BATCH_SIZE: '1' },
    })
    const bill = (billGroup: string) => stack.client.startBillRun({ billGroup, billDate: BILL_DATE })
    try {
      // What Redis needs besides the jobs, it has by then.
      await insertAccounts(stack, 'before', 20)
      await bill('before')
      await postCredits(stack.client, { group: 'before', accounts: 20, credits: 20 })
      await stack.quiet()

      const workers = [...stack.running('credit'), ...stack.running('bill-batch')]
      for (const worker of workers) worker.signal('SIGSTOP')
      await withRedis(redis, async (admin) => {
        const used = Number(/used_memory:(\d+)/.exec(await admin.info('memory'))?.[1])
        await admin.config('SET', 'maxmemory', String(used + 500_000))
      })
      await insertAccounts(stack, 'filled', 1_000)
      const { billRunId } = await bill('filled')
      const accepted = await postCredits(stack.client, { group: 'filled', accounts: 50, credits: 200, atOnce: 2 })
      expect(accepted).toHaveLength(200)
      await eventually(() => stack.withQueues((_, backend) => backend.isFull()), { intervalMs: 5 })
      for (const worker of workers) worker.signal('SIGCONT')
      await stack.quiet()
      await expectBilledOnce(stack, billRunId, 'filled')
      for (const { stdout } of workers) expectPatience(stdout)
      await expectProcessed(stack, accepted)
      await stack.expectReconciled()
    } finally {
      await stack.close()
      await redis.stop()
    }
  })
})

/** A worker that is refused does not ask again at once: that would be thousands of lines a second. */
function expectPatience(stdout: readonly string[]): void {
  const refused = stdout
    .filter((line) => line.includes('OOM'))
    .map((line) => (JSON.parse(line) as { time: number }).time)
  const seconds = ((refused.at(-1) ?? 0) - (refused[0] ?? 0)) / 1_000
  expect(refused.length / (seconds + 1)).toBeLessThan(250)
}

async function withRedis(redis: TestRedis, act: (admin: Redis) => Promise<unknown>): Promise<void> {
  const admin = new Redis(redis.url)
  try {
    await act(admin)
  } finally {
    admin.disconnect()
  }
}
