import { expect } from 'vitest'
import { describeOnRedis } from '../support/backends.ts'
import { eventually } from '../support/eventually.ts'
import { expectWithin } from '../support/promised.ts'
import { startRedis } from '../support/redis.ts'
import { openService, type Service } from '../support/service.ts'

const DURABLE = [
  'nightbill_to_be_done{kind="credit"} 1',
  'nightbill_bill_runs_unfinished 0',
  'nightbill_bill_run_failures 0',
]
const COUNTS = 'nightbill_queue_jobs{queue="credit",state="waiting"}'

/** Expects the durable figures, with whether the queue could be read, and its counts in that case only. */
async function expectMetrics(service: Service, queueUp: 0 | 1): Promise<void> {
  const { status, text } = await service.call('GET', '/metrics', { key: null })
  expect(status).toBe(200)
  for (const figure of [...DURABLE, `nightbill_queue_up ${queueUp}`]) expect(text.split('\n')).toContain(figure)
  expect(text.includes(COUNTS)).toBe(queueUp === 1)
}

describeOnRedis('the metrics of a service whose Redis', (it) => {
  it('is gone, comes back, then answers nothing: the durable figures are served, and whether the queue is there', async () => {
    let redis = await startRedis()
    const service = await openService({ redisUrl: redis.url })
    try {
      await service.call('POST', '/v1/accounts', { body: { accountId: 'usd', name: 'Somebody', currency: 'USD' } })
      await service.call('POST', '/v1/credits', { body: { accountId: 'usd', amount: '1', reason: 'x' } })
      await expectMetrics(service, 1)

      await redis.stop()
      await expectMetrics(service, 0)
      await expectMetrics(service, 0)

      redis = await startRedis({ port: redis.port })
      await eventually(() => expectMetrics(service, 1))

      await redis.kill('SIGSTOP')
      await expectWithin(8_000, () => expectMetrics(service, 0))
      await redis.kill('SIGCONT')
      await eventually(() => expectMetrics(service, 1))
    } finally {
      await service.close()
      await redis.stop()
    }
  })
})
