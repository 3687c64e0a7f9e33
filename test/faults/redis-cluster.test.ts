import { afterAll, beforeAll, expect } from 'vitest'
import { describeOnRedis } from '../support/backends.ts'
import { BILL_DATE, expectBilledOnce, insertAccounts } from '../support/many-accounts.ts'
import { startRedisCluster, type TestRedisCluster } from '../support/redis-cluster.ts'
import { openStack, type Stack } from '../support/stack.ts'

describeOnRedis('on a Redis Cluster of three nodes', (it) => {
  let cluster: TestRedisCluster
  let stack: Stack
  beforeAll(async () => {
    cluster = await startRedisCluster()
    stack = await openStack({
      backend: 'redis',
      redisUrl: cluster.url,
      env: { REDIS_CLUSTER: 'true', BILL_BATCH_SIZE: '20' },
    })
  })
  afterAll(async () => {
    await stack.close()
    await cluster.stop()
  })

  it('credits are carried out and accounts billed, each once', async () => {
    await insertAccounts(stack, 'clustered', 200)
    const credit = (accountId: string) => ({ accountId, amount: '5.00', reason: 'Goodwill' })
    const { accepted } = await stack.client.postCreditBatch([credit('clustered-1'), credit('clustered-2')])
    expect(accepted).toHaveLength(2)
    await stack.quiet()
    const { billRunId } = await stack.client.startBillRun({ billGroup: 'clustered', billDate: BILL_DATE })
    const run = await stack.client.waitForBillRun(billRunId, { timeoutMs: 180_000 })
    expect(run).toMatchObject({ status: 'completed', progress: { accounts: 200, billed: 200, failed: 0 } })
    await expectBilledOnce(stack, billRunId, 'clustered')
    await stack.expectReconciled()
  })

  it('the queues lie on more than one node', async () => {
    const keys = await cluster.keysOfEachNode()
    expect(keys.filter((count) => count > 0).length).toBeGreaterThan(1)
  })
})
