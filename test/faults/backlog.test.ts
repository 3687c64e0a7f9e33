import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect } from 'vitest'
import { onEachBackend } from '../support/backends.ts'
import { eventually } from '../support/eventually.ts'
import { expectProcessed, postCredits } from '../support/intake.ts'
import { insertAccounts } from '../support/many-accounts.ts'
import { openStack, type Stack } from '../support/stack.ts'

const RELAY = { RELAY_AFTER_MS: '500', RELAY_INTERVAL_MS: '200' }

onEachBackend('credits that wait long for a worker', (backend, it) => {
  let stack: Stack
  beforeAll(async () => {
    const workers = { credit: 0, reversal: 0, 'bill-run': 0, 'bill-batch': 0, relay: 0 }
    stack = await openStack({ backend, workers, env: RELAY })
    await insertAccounts(stack, 'waiting', 20)
  })
  afterAll(() => stack.close())

  const wakeUps = () => stack.withQueues((queues) => queues.of('credit').getWaitingCount())
  /** Gives how many wake-ups wait after it. The first credit is first in line; the others may overtake each other. */
  const post = async (credits: number) => {
    const first = await postCredits(stack.client, { group: 'waiting', accounts: 20, credits: 1 })
    await eventually(async () => expect(await wakeUps()).toBe(1))
    const others = await postCredits(stack.client, { group: 'waiting', accounts: 20, credits, atOnce: 4 })
    await sleep(1_000)
    return { accepted: [...first, ...others], waiting: await wakeUps() }
  }
  const wokenAgain = async () => {
    const { rows } = await sql<{ id: string }>`select id from job where woken_at > created_at`.execute(stack.db)
    return rows.map(({ id }) => id)
  }

  it('are not woken again as long as their wake-ups are there; once these are lost they are, each once, whatever came after them', async () => {
    const first = await post(40)
    expect(first.waiting).toBeGreaterThan(4)
    const relay = stack.start('relay')
    await sleep(3_000)
    expect(await wokenAgain()).toEqual([])
    expect(await wakeUps()).toBe(first.waiting)

    await stack.end(relay, 'SIGTERM')
    await stack.withQueues((queues) => queues.of('credit').drain())
    const second = await post(10)
    stack.start('relay')
    const lost = first.accepted.map(({ jobId }) => jobId).toSorted()
    await eventually(async () => expect((await wokenAgain()).toSorted()).toEqual(lost))
    await sleep(3_000)
    expect((await wokenAgain()).toSorted()).toEqual(lost)
    expect(await wakeUps()).toBe(second.waiting + 1)

    stack.start('credit')
    await stack.quiet()
    await expectProcessed(stack, [...first.accepted, ...second.accepted])
  })
})
