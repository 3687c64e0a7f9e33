import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect } from 'vitest'
import { onEachBackend } from '../support/backends.ts'
import { eventually } from '../support/eventually.ts'
import { holdLock } from '../support/held-lock.ts'
import { BILL_DATE, expectBilledOnce, insertAccounts } from '../support/many-accounts.ts'
import { openStack, type Stack } from '../support/stack.ts'

const LOCK_MS = 2_000

/** Postgres ends a transaction that stands idle for 15 s, and with it the hold of a worker that is gone without being dead. */
const CASES = [
  { group: 'wakes', stoppedMs: 3 * LOCK_MS + 1_000, what: 'goes on with its transaction when it comes back' },
  { group: 'late', stoppedMs: 17_000, what: 'finds its transaction ended, and its work done by another' },
] as const

onEachBackend('a worker stopped (SIGSTOP) inside its transaction for more than three locks', (backend, it) => {
  let stack: Stack
  beforeAll(async () => {
    stack = await openStack({
      backend,
      workers: { credit: 0, reversal: 0, 'bill-batch': 0 },
      env: { BILL_BATCH_SIZE: '20', JOB_LOCK_MS: String(LOCK_MS), STALL_CHECK_MS: '1000' },
    })
  })
  afterAll(() => stack.close())

  for (const { group, stoppedMs, what } of CASES) {
    it(what, async () => {
      await insertAccounts(stack, group, 400)
      const held = await holdLock(stack.ownerUrl, 'select from invoice_counter for update')
      const zombie = stack.start('bill-batch')
      const { billRunId } = await stack.client.startBillRun({ billGroup: group, billDate: BILL_DATE })
      await eventually(async () => expect((await stack.waitingForLock('bill-batch')).length).toBeGreaterThan(0))
      zombie.signal('SIGSTOP')
      await held.release()
      const other = stack.start('bill-batch')
      await sleep(stoppedMs)
      zombie.signal('SIGCONT')
      await stack.quiet()
      await expectBilledOnce(stack, billRunId, group)
      // The zombie is a worker again, as good as any.
      await stack.end(other, 'SIGTERM')
      await insertAccounts(stack, `${group}-again`, 100)
      const again = await stack.client.startBillRun({ billGroup: `${group}-again`, billDate: BILL_DATE })
      await stack.quiet()
      await expectBilledOnce(stack, again.billRunId, `${group}-again`)
      await stack.expectReconciled()
      await stack.end(zombie, 'SIGTERM')
    })
  }
})
