import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { inTransaction } from '../../src/db/transaction.ts'
import { type ClaimedBatch, claimBatch, splitBatch } from '../../src/ledger/bill-runs/batches.ts'
import { cancelBillRun } from '../../src/ledger/bill-runs/cancel-bill-run.ts'
import { times } from '../support/at-once.ts'
import { expectExactCounts } from '../support/exact-counts.ts'
import { owing } from '../support/owing-accounts.ts'
import { holdCounter, waiting, whileOwner } from '../support/owner-transaction.ts'
import { countOf, openWorld, refusalOf, type World } from '../support/world.ts'

let world: World

beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

describe('a run cancelled in the middle', () => {
  test('what is billed stays billed, what has not begun is not begun', async () => {
    const accounts = await owing(world, 50)
    const billRunId = await world.start({})
    const batches = await world.select(billRunId, 10)
    await world.processBatches(batches.slice(0, 2))
    await inTransaction(world.db, (tx) => cancelBillRun(tx, billRunId))
    await world.processBatches(batches, 3)
    await world.processBatches(await world.select(billRunId, 10))

    expect(await world.runOf(billRunId)).toMatchObject({ status: 'cancelled' })
    const billed = await Promise.all(accounts.map(async (account) => (await world.invoicesOf(account)).length))
    expect(billed).toEqual(times(50, (index) => (index < 20 ? 1 : 0)))
    await expectExactCounts(world, billRunId, { accounts: 20, billed: 20 })
    expect(await refusalOf(inTransaction(world.db, (tx) => cancelBillRun(tx, billRunId)))).toBe('bill_run_finished')
    await world.expectReconciled()

    await world.billRun()
    expect(await countOf(world.db, 'invoice')).toBe(50)
    await world.expectReconciled()
  })

  test('a batch that is being written when it is cancelled is wholly billed', async () => {
    await owing(world, 20)
    const billRunId = await world.start({})
    const batches = await world.select(billRunId, 10)
    await whileOwner(world, holdCounter, async (client) => {
      const billing = world.processBatches(batches.slice(0, 1))
      await waiting(client)
      const cancelling = inTransaction(world.db, (tx) => cancelBillRun(tx, billRunId))
      await sleep(200)
      await client.query('rollback')
      await Promise.all([billing, cancelling])
    })
    await world.processBatches(batches)
    expect(await world.runOf(billRunId)).toMatchObject({ status: 'cancelled' })
    expect(await countOf(world.db, 'invoice')).toBe(10)
    await expectExactCounts(world, billRunId, { accounts: 10, billed: 10 })
    await world.expectReconciled()
  })

  test('nothing is billed of a batch that was being split for a failing account', async () => {
    await owing(world, 20)
    const billRunId = await world.start({})
    const [id] = (await world.select(billRunId, 20)) as readonly [string]
    const batch = (await claimBatch(world.db, id)) as ClaimedBatch
    const split = Promise.withResolvers<void>()
    const cancelled = Promise.withResolvers<void>()
    const splitting = inTransaction(world.db, async (tx) => {
      const parts = await splitBatch(tx, batch, 2)
      split.resolve()
      await cancelled.promise
      return parts
    })
    await split.promise
    const cancelling = inTransaction(world.db, (tx) => cancelBillRun(tx, billRunId))
    await sleep(300)
    cancelled.resolve()
    const parts = await splitting
    await cancelling
    expect(parts).toHaveLength(2)
    await world.processBatches(parts)
    expect(await world.runOf(billRunId)).toMatchObject({ status: 'cancelled' })
    expect(await countOf(world.db, 'invoice')).toBe(0)
  })

  test('before it has selected anything, it bills nothing', async () => {
    await owing(world, 5)
    const billRunId = await world.start({})
    await inTransaction(world.db, (tx) => cancelBillRun(tx, billRunId))
    expect(await world.select(billRunId, 10)).toEqual([])
    expect(await world.runOf(billRunId)).toMatchObject({ status: 'cancelled' })
    expect(await countOf(world.db, 'invoice')).toBe(0)
  })
})
