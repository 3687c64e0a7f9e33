import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect } from 'vitest'
import { onEachBackend } from '../support/backends.ts'
import { eventually } from '../support/eventually.ts'
import { holdLock } from '../support/held-lock.ts'
import { expectProcessed, postCredits } from '../support/intake.ts'
import { BILL_DATE, expectBilledOnce, insertAccounts } from '../support/many-accounts.ts'
import { expectWithin } from '../support/promised.ts'
import { openStack, type Stack } from '../support/stack.ts'

const WORKERS = ['bill-batch', 'credit', 'relay', 'bill-run'] as const

onEachBackend('processes told to stop (SIGTERM) while they are busy', (backend, it) => {
  let stack: Stack
  beforeAll(async () => {
    stack = await openStack({
      backend,
      workers: { reversal: 0, 'bill-batch': 2, credit: 1, relay: 1, 'bill-run': 1 },
      env: { BILL_BATCH_SIZE: '10' },
    })
  })
  afterAll(() => stack.close())

  it('finish what they have begun and end with 0: a rolling restart costs no try and stalls no job', async () => {
    const { client } = stack
    await insertAccounts(stack, 'rolling', 3_000)
    const { billRunId } = await client.startBillRun({ billGroup: 'rolling', billDate: BILL_DATE })
    const posting = postCredits(client, { group: 'rolling', accounts: 100, credits: 300, atOnce: 5 })
    await eventually(async () => expect((await client.getBillRun(billRunId)).progress.billed).toBeGreaterThan(0), {
      intervalMs: 10,
    })
    expect((await stack.open()).batches).toBeGreaterThan(0)
    for (const name of WORKERS) {
      for (const worker of stack.running(name)) {
        const ended = await expectWithin(30_000, () => stack.end(worker, 'SIGTERM'))
        expect(ended).toEqual({ code: 0, signal: null })
        stack.start(name)
      }
    }
    const accepted = await posting
    await stack.quiet()
    await expectBilledOnce(stack, billRunId, 'rolling')
    expect(accepted).toHaveLength(300)
    await expectProcessed(stack, accepted)
    const begun = await stack.asOwner('select distinct cardinality(begun_by) as processes from bill_batch')
    expect(begun).toEqual([{ processes: 1 }])
    await stack.expectReconciled()
  })

  it('at any moment of their start, end at once', async () => {
    // One that has just opened its connections when it is told was once seen to ask for work for ever.
    const ends = new Set<string>()
    for (const kind of ['api', 'bill-batch'] as const) {
      for (let afterMs = 300; afterMs < 1_200; afterMs += 40) {
        const started = stack.start(kind, { SHUTDOWN_MS: '60000' })
        await sleep(afterMs)
        const { code, signal } = await stack.end(started, 'SIGTERM')
        ends.add(`${code} ${signal}`)
      }
    }
    // Before it listens to the signal, that ends it by itself.
    ends.delete('null SIGTERM')
    expect(ends).toEqual(new Set(['0 null']))
  })

  it('the API answers what it has begun, and ends with 0, also when it is told twice', async () => {
    const [api] = stack.running('api')
    if (!api) throw new Error('there is no API')
    const held = await holdLock(stack.ownerUrl, 'lock table job in exclusive mode')
    const posting = postCredits(stack.client, { group: 'rolling', accounts: 100, credits: 40, atOnce: 40 })
    await eventually(async () => expect((await stack.waitingForLock('api')).length).toBeGreaterThan(0))
    // Ctrl-C in a terminal goes to the supervisor and to the API; the supervisor then tells the API too.
    api.signal('SIGINT')
    await api.waitFor(/"msg":"stopping"/)
    const ending = stack.end(api, 'SIGTERM')
    await held.release()
    expect(await ending).toEqual({ code: 0, signal: null })
    const accepted = await posting
    expect(accepted.length).toBeGreaterThan(0)
    await stack.quiet()
    await expectProcessed(stack, accepted)
    await stack.expectReconciled()
  })
})
