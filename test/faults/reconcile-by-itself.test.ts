import { afterAll, beforeAll, expect } from 'vitest'
import { describeAlongside } from '../support/backends.ts'
import { eventually } from '../support/eventually.ts'
import { holdLock } from '../support/held-lock.ts'
import { BILL_DATE, insertAccounts } from '../support/many-accounts.ts'
import { openStack, type Stack } from '../support/stack.ts'

const WITHIN = { timeoutMs: 60_000, intervalMs: 200 }

describeAlongside('a service with two relays', (it) => {
  let stack: Stack
  beforeAll(async () => {
    stack = await openStack({ backend: 'postgres', workers: { credit: 0, reversal: 0, relay: 2 } })
    await insertAccounts(stack, 'reconciled', 20)
  })
  afterAll(() => stack.close())

  const reconciliations = async () => (await stack.client.listReconciliations()).data

  it('reconciles the whole database, and each bill run when it has ended, once each', async () => {
    const { billRunId } = await stack.client.startBillRun({ billGroup: 'reconciled', billDate: BILL_DATE })
    await stack.client.waitForBillRun(billRunId, { timeoutMs: 60_000 })
    await eventually(async () => expect(await reconciliations()).toHaveLength(2), WITHIN)
    // Both relays have looked again by then.
    await eventually(async () => {
      const lines = stack
        .running('relay')
        .flatMap(({ stdout }) => stdout.filter((line) => line.includes('reconciled:')))
      expect(lines).toHaveLength(2)
    }, WITHIN)
    expect((await reconciliations()).map(({ billRunId, ok }) => [billRunId, ok]).toSorted()).toEqual(
      [
        [billRunId, true],
        [null, true],
      ].toSorted(),
    )
  })

  it('does not wait for a reconciliation when it is told to stop, and leaves it to the other relay', async () => {
    for (const relay of stack.running('relay')) await stack.end(relay, 'SIGTERM')
    await stack.asOwner(
      `update reconciliation set started_at = started_at - interval '2 days' where bill_run_id is null`,
    )
    const blocking = `select from pg_stat_activity where application_name = 'nightbill reconcile' and wait_event_type = 'Lock'
      and datname = current_database()`
    const held = await holdLock(stack.ownerUrl, 'lock table invoice in access exclusive mode')
    const relay = stack.start('relay')
    await eventually(async () => expect(await stack.asOwner(blocking)).toHaveLength(1), WITHIN)
    expect(await stack.end(relay, 'SIGTERM')).toEqual({ code: 0, signal: null })
    await held.release()
    expect(relay.stdout.filter((line) => line.includes('could not finish'))).toEqual([])
    stack.start('relay')
    await eventually(async () => expect(await reconciliations()).toHaveLength(3), WITHIN)
  })
})
