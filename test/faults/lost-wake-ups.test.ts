import { setTimeout as sleep } from 'node:timers/promises'
import getPort from 'get-port'
import { afterAll, beforeAll, expect } from 'vitest'
import { inTransaction } from '../../src/db/transaction.ts'
import { startBillRun } from '../../src/ledger/bill-runs/start-bill-run.ts'
import { acceptCredits } from '../../src/ledger/credits/accept-credits.ts'
import { Refusal } from '../../src/problems.ts'
import { onEachBackend } from '../support/backends.ts'
import { eventually } from '../support/eventually.ts'
import { expectProcessed, postCredits } from '../support/intake.ts'
import { BILL_DATE, expectBilledOnce, insertAccounts } from '../support/many-accounts.ts'
import { addressOf, openStack, type Stack } from '../support/stack.ts'

onEachBackend('whoever should have woken the workers was killed', (backend, it) => {
  let stack: Stack
  beforeAll(async () => {
    // A port that stays, so that callers find the API again.
    const env = { BILL_BATCH_SIZE: '10', PORT: String(await getPort({ host: '127.0.0.1' })) }
    stack = await openStack({ backend, workers: { reversal: 0, relay: 1 }, env })
    await insertAccounts(stack, 'killed', 500)
  })
  afterAll(() => stack.close())

  /** What the API does up to its COMMIT, and nothing after it. */
  async function acceptWithoutWaking(credits: number) {
    const actor = {
      apiKeyId: (await stack.db.selectFrom('api_key').select('id').executeTakeFirstOrThrow()).id,
      requestId: 'test',
    }
    const requests = Array.from({ length: credits }, (_, index) => ({
      request: { accountId: `killed-${(index % 50) + 1}`, amount: '1', reason: 'Not woken' },
      actor,
    }))
    const answers = await inTransaction(stack.db, (tx) => acceptCredits(tx, requests))
    return answers.map((answer) => {
      if (answer instanceof Refusal) throw answer
      return { ...answer, status: 'queued' as const }
    })
  }

  it('the API after COMMIT, before it enqueued: credits and a bill run are carried out', async () => {
    const accepted = await acceptWithoutWaking(50)
    const billRunId = await inTransaction(stack.db, (tx) =>
      startBillRun(tx, { of: { billGroup: 'killed' }, billDate: BILL_DATE, name: null }),
    )
    await stack.quiet()
    await expectProcessed(stack, accepted)
    await expectBilledOnce(stack, billRunId as string, 'killed')
  })

  it('the API in a burst of requests, twice: every 202 that was received is carried out', async () => {
    const posting = postCredits(stack.client, { group: 'killed', accounts: 50, credits: 300 })
    for (let time = 1; time <= 2; time += 1) {
      await sleep(150)
      const [api] = stack.running('api')
      if (api) await addressOf(await stack.restart(api, 'SIGKILL'))
    }
    const accepted = await posting
    expect(accepted.length).toBeGreaterThan(0)
    await stack.quiet()
    await expectProcessed(stack, accepted)
    await stack.expectReconciled()
  })

  it('something in the queue that nobody can read keeps nothing else from being woken', async () => {
    await stack.withQueues((queues) => queues.of('credit').add('credit', null, { jobId: 'unreadable', attempts: 1 }))
    const accepted = await acceptWithoutWaking(20)
    await stack.quiet()
    await expectProcessed(stack, accepted)
    await stack.withQueues((queues) =>
      eventually(async () => expect(await queues.of('credit').getFailedCount()).toBe(0)),
    )
  })

  it('the relay, again and again while there is much to wake', async () => {
    const accepted = []
    for (let time = 1; time <= 3; time += 1) {
      accepted.push(...(await acceptWithoutWaking(300)))
      // Somewhere between marking, waking and sleeping.
      await sleep(1_000 + Math.random() * 1_000)
      for (const relay of stack.running('relay')) await stack.restart(relay, 'SIGKILL')
    }
    await stack.quiet()
    await expectProcessed(stack, accepted)
    await stack.expectReconciled()
  })
})
