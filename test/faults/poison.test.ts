import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect } from 'vitest'
import { onEachBackend } from '../support/backends.ts'
import { BILL_DATE, expectBilledOnce, insertAccounts } from '../support/many-accounts.ts'
import { openStack, type Stack } from '../support/stack.ts'

onEachBackend('an account that its worker does not survive', (backend, it) => {
  let stack: Stack
  beforeAll(async () => {
    stack = await openStack({
      backend,
      workers: { credit: 0, reversal: 0, 'bill-batch': 0 },
      // Six crashes are to be noticed one after the other.
      env: { BILL_BATCH_SIZE: '20', JOB_LOCK_MS: '1000', STALL_CHECK_MS: '500' },
    })
  })
  afterAll(() => stack.close())

  it('ends as a failure, and the others are billed, those too that were under way in the same process', async () => {
    await insertAccounts(stack, 'deadly', 60)
    const [deadly] = await stack.asOwner<{ id: string }>("select id from account where key = 'deadly-30'")
    const { billRunId } = await stack.client.startBillRun({ billGroup: 'deadly', billDate: BILL_DATE })

    // What a supervisor does: the worker is started again whenever it is lost.
    let ended = false
    let lost = 0
    const supervised = (async () => {
      while (!ended) {
        const worker = stack.start('bill-batch', {}, ['test/support/crashing-worker.ts', String(deadly?.id)])
        const { signal } = await worker.exited
        if (signal === 'SIGKILL') lost += 1
        await sleep(100)
      }
    })()
    try {
      await stack.quiet(90_000)
    } finally {
      ended = true
      for (const worker of stack.running('bill-batch')) worker.signal('SIGTERM')
      await supervised
    }
    expect(lost).toBeGreaterThan(0)
    const { data: failures } = await stack.client.listBillRunFailures(billRunId)
    expect(failures).toMatchObject([{ accountId: 'deadly-30', code: 'worker_crashed' }])
    await expectBilledOnce(stack, billRunId, 'deadly', { failed: 1 })
    await stack.expectReconciled()

    // Once mended, by a worker that survives it, it is billed within the same run.
    const healthy = stack.start('bill-batch')
    await stack.client.retryBillRun(billRunId)
    await stack.quiet()
    await expectBilledOnce(stack, billRunId, 'deadly')
    await stack.end(healthy, 'SIGTERM')
  }, 120_000)
})
