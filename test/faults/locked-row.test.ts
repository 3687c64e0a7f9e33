import { afterAll, beforeAll, expect } from 'vitest'
import { onEachBackend } from '../support/backends.ts'
import { eventually } from '../support/eventually.ts'
import { holdLock } from '../support/held-lock.ts'
import { expectProcessed, postCredits } from '../support/intake.ts'
import { insertAccounts } from '../support/many-accounts.ts'
import { openStack, type Stack } from '../support/stack.ts'

onEachBackend('a credit whose row somebody holds', (backend, it) => {
  let stack: Stack
  beforeAll(async () => {
    const workers = { credit: 0, reversal: 0, 'bill-run': 0, 'bill-batch': 0, relay: 0 }
    stack = await openStack({ backend, workers, env: { LOCK_TIMEOUT_MS: '500' } })
    await insertAccounts(stack, 'held', 20)
  })
  afterAll(() => stack.close())

  it('does not hold up those that arrived with it, since they are tried again at moments of their own; it is carried out when it is let go', async () => {
    const accepted = await postCredits(stack.client, { group: 'held', accounts: 20, credits: 60, atOnce: 1 })
    const held = accepted[30]?.jobId
    const lock = await holdLock(stack.ownerUrl, `select from job where id = '${held}' for update`)
    try {
      stack.start('credit')
      await eventually(async () => expect((await stack.open()).jobs).toBe(1))
      await expectProcessed(
        stack,
        accepted.filter(({ jobId }) => jobId !== held),
      )
    } finally {
      await lock.release()
    }
    await stack.quiet()
    await expectProcessed(stack, accepted)
  })
})
