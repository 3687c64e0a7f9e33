import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect } from 'vitest'
import { KINDS } from '../../src/work/kinds.ts'
import { onEachBackend } from '../support/backends.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { type FlakyProxy, openFlakyProxy } from '../support/flaky-proxy.ts'
import { holdLock } from '../support/held-lock.ts'
import { expectProcessed, postCredits } from '../support/intake.ts'
import { BILL_DATE, expectBilledOnce, insertAccounts } from '../support/many-accounts.ts'
import { type EntryName, openStack, type Stack } from '../support/stack.ts'

/** More than the crashes that prove that something takes its worker down. */
const CUTS = 6

onEachBackend('connections that are cut once a try has begun, again and again', (backend, it) => {
  let database: TestDatabase
  let proxy: FlakyProxy
  let stack: Stack
  beforeAll(async () => {
    database = await openTestDatabase()
    proxy = await openFlakyProxy(database.url)
    stack = await openStack({
      backend,
      database,
      workers: { reversal: 0, 'bill-batch': 4, credit: 0 },
      env: { JOB_LOCK_MS: '1500', STALL_CHECK_MS: '500' },
      reachDatabaseAt: proxy.through,
    })
    await insertAccounts(stack, 'cut', 10)
  })
  afterAll(async () => {
    await stack.close()
    await proxy.close()
  })

  it('do not make a batch one that its worker does not survive', async () => {
    const held = await holdLock(database.ownerUrl, 'update invoice_counter set last_number = last_number')
    const { billRunId } = await stack.client.startBillRun({ billGroup: 'cut', billDate: BILL_DATE })
    await cutAgainAndAgain('bill-batch')
    await held.release()
    await quiet()
    await expectBilledOnce(stack, billRunId, 'cut')
    await stack.expectReconciled()
  })

  it('do not make a credit one, either, once a worker that had it was lost', async () => {
    const accepted = await postCredits(stack.client, { group: 'cut', accounts: 1, credits: 1, atOnce: 1 })
    const held = await holdLock(database.ownerUrl, "select from account where key = 'cut-1' for update")
    const [first, ...others] = Array.from({ length: 3 }, () => stack.start('credit'))
    await eventually(async () => expect((await stack.waitingForLock('credit')).length).toBeGreaterThan(0), {
      timeoutMs: 30_000,
    })
    for (const worker of [first, ...others]) if (worker) await stack.end(worker, 'SIGKILL')
    await endWaiting('credit')
    for (let started = 0; started < 3; started += 1) stack.start('credit')
    await cutAgainAndAgain('credit')
    await held.release()
    await quiet()
    await expectProcessed(stack, accepted)
  })

  async function cutAgainAndAgain(kind: EntryName): Promise<void> {
    for (let cuts = 0; cuts < CUTS; cuts += 1) {
      await eventually(
        async () => {
          await tryAtOnce()
          expect((await stack.waitingForLock(kind)).length).toBeGreaterThan(0)
        },
        { timeoutMs: 60_000, intervalMs: 100 },
      )
      await proxy.refuse()
      await endWaiting(kind)
      // Long enough that what was begun cannot be said to have ended.
      await sleep(500)
      await proxy.listenAgain()
    }
  }

  /** A session whose client is gone goes on waiting for its lock. */
  const endWaiting = (kind: EntryName) =>
    stack.asOwner(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and application_name = 'nightbill worker-${kind}'`)

  const tryAtOnce = () =>
    stack.withQueues(async (queues) => {
      for (const { name } of KINDS)
        for (const job of await queues.of(name).getDelayed()) await job.promote().catch(() => {})
    })

  const quiet = () =>
    eventually(
      async () => {
        await tryAtOnce()
        expect(await stack.open()).toEqual({ jobs: 0, batches: 0, runs: 0 })
      },
      { timeoutMs: 90_000, intervalMs: 200 },
    )
})
