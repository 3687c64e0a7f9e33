import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect } from 'vitest'
import { onEachBackend } from '../support/backends.ts'
import { expectProcessed, postCredits } from '../support/intake.ts'
import { BILL_DATE, expectBilledOnce, insertAccounts } from '../support/many-accounts.ts'
import { type EntryName, openStack, type Stack } from '../support/stack.ts'

// Several crashes are to be noticed one after the other.
const SOON = { JOB_LOCK_MS: '1000', STALL_CHECK_MS: '500' }

type Crashing = { readonly kind: EntryName; readonly statement: string; readonly deadly: string }

/**
 * Until all is quiet, runs a worker that dies whenever it sends that statement for the id `deadly`, and starts it again each time, as a
 * supervisor does. Returns how often it died.
 */
async function superviseUntilQuiet(stack: Stack, { kind, statement, deadly }: Crashing): Promise<number> {
  let ended = false
  let lost = 0
  const supervise = async () => {
    while (!ended) {
      const worker = stack.start(kind, {}, ['test/support/crashing-worker.ts', kind, statement, deadly])
      const { signal } = await worker.exited
      if (signal === 'SIGKILL') lost += 1
      await sleep(100)
    }
  }
  const supervised = supervise()
  try {
    await stack.quiet()
  } finally {
    ended = true
    for (const worker of stack.running(kind)) worker.signal('SIGTERM')
    await supervised
  }
  return lost
}

onEachBackend('an account that its worker does not survive', (backend, it) => {
  let stack: Stack
  beforeAll(async () => {
    const workers = { credit: 0, reversal: 0, 'bill-batch': 0 }
    stack = await openStack({ backend, workers, env: { ...SOON, BILL_BATCH_SIZE: '20' } })
  })
  afterAll(() => stack.close())

  it('ends as a failure, and the others are billed, those too that were under way in the same process', async () => {
    await insertAccounts(stack, 'deadly', 60)
    const [deadly] = await stack.asOwner<{ id: string }>("select id from account where key = 'deadly-30'")
    const { billRunId } = await stack.client.startBillRun({ billGroup: 'deadly', billDate: BILL_DATE })

    const crashing = { kind: 'bill-batch', statement: 'update charge', deadly: String(deadly?.id) } as const
    expect(await superviseUntilQuiet(stack, crashing)).toBeGreaterThan(0)

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
  })
})

onEachBackend('a credit that its worker does not survive', (backend, it) => {
  let stack: Stack
  beforeAll(async () => {
    stack = await openStack({
      backend,
      workers: { credit: 0, reversal: 0, 'bill-run': 0, 'bill-batch': 0 },
      // A wake-up that is gone is given anew at once.
      env: { ...SOON, RELAY_AFTER_MS: '1000', RELAY_INTERVAL_MS: '500' },
    })
  })
  afterAll(() => stack.close())

  it('ends as failed with the reason; those that were in its group or its batch, and those held beside it, are processed', async () => {
    await insertAccounts(stack, 'deadly', 100)
    const alone = await postCredits(stack.client, { group: 'deadly', accounts: 100, credits: 60, atOnce: 4 })
    const batch = await stack.client.postCreditBatch(
      Array.from({ length: 40 }, (_, n) => ({ accountId: `deadly-${n + 1}`, amount: '7.00', reason: 'In a batch' })),
    )
    const deadly = batch.accepted[20]?.jobId as string

    expect(await superviseUntilQuiet(stack, { kind: 'credit', statement: 'from job', deadly })).toBeGreaterThan(2)

    const failed = await stack.asOwner("select id, error_code from job where status = 'failed'")
    expect(failed).toEqual([{ id: deadly, error_code: 'worker_crashed' }])
    expect((await stack.client.getJob(deadly)).error?.message).toMatch(/^the worker was lost 3 times /)
    await expectProcessed(stack, [...alone, ...batch.accepted.filter(({ jobId }) => jobId !== deadly)])
    await stack.expectReconciled()
  })
})
