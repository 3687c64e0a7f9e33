import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { inTransaction } from '../../src/db/transaction.ts'
import { acceptReversal } from '../../src/ledger/credits/accept-reversal.ts'
import { recordCredits } from '../../src/ledger/credits/record-credits.ts'
import { recordReversals } from '../../src/ledger/credits/record-reversals.ts'
import { BatchIsClosed, billAccounts } from '../../src/ledger/invoices/bill-accounts.ts'
import { Refusal } from '../../src/problems.ts'
import { atOnce, times } from '../support/at-once.ts'
import { countsOf, expectExactCounts } from '../support/exact-counts.ts'
import { owing } from '../support/owing-accounts.ts'
import { holdCounter, waiting, whileOwner } from '../support/owner-transaction.ts'
import { BILL_DATE, countOf, openWorld, refusalOf, type TestAccount, type World } from '../support/world.ts'

let world: World

beforeEach(async () => {
  world = await openWorld({ max: 24 })
})
afterEach(() => world.close())

describe('the same work delivered again', () => {
  test('a batch carried out by eight callers at once is billed once, and nobody is called lost', async () => {
    const accounts = await owing(world, 20)
    const billRunId = await world.start({})
    const [batchId, ...more] = await world.select(billRunId, 200)
    expect(more).toEqual([])
    await whileOwner(world, holdCounter, async (client) => {
      const callers = atOnce(8, () => world.processBatches([batchId as string]))
      await waiting(client)
      await sleep(200)
      await client.query('rollback')
      await callers
    })

    expect(await world.runOf(billRunId)).toMatchObject({ status: 'completed' })
    for (const account of accounts) expect(await world.balancesOf(account)).toEqual(['6.00'])
    await expectExactCounts(world, billRunId, { accounts: 20, billed: 20 })
    await world.expectReconciled()
  })

  test('one account carried out by eight callers at once is billed, and not recorded as failed', async () => {
    const [account] = await owing(world, 1)
    const billRunId = await world.start({})
    const [batchId] = await world.select(billRunId, 1)
    await whileOwner(world, `select from account where id = ${account?.id} for update`, async (client) => {
      const callers = atOnce(8, () => world.processBatches([batchId as string]))
      await sleep(300)
      await client.query('rollback')
      await callers
    })

    expect(await world.runOf(billRunId)).toMatchObject({ status: 'completed' })
    expect(await world.balancesOf(account as TestAccount)).toEqual(['6.00'])
    await world.expectReconciled()
  })

  test('every batch of a run, all of them again, at once and afterwards', async () => {
    await owing(world, 60)
    const billRunId = await world.start({})
    const batches = await world.select(billRunId, 7)
    await Promise.all([world.processBatches(batches, 3), world.processBatches(batches.toReversed(), 3)])
    const once = await state()
    await world.processBatches(batches, 4)
    await world.processBatches(await world.select(billRunId, 7))
    expect(await state()).toEqual(once)
    expect(await countOf(world.db, 'invoice')).toBe(60)
    await expectExactCounts(world, billRunId, { accounts: 60, billed: 60 })
    await world.expectReconciled()
  })

  test('a run selected by several at once selects each account once', async () => {
    await owing(world, 100)
    const billRunId = await world.start({})
    const batches = (await atOnce(6, () => world.select(billRunId, 9))).flat()
    expect(new Set(batches).size).toBe(batches.length)
    await world.processBatches(batches, 4)
    expect(await countOf(world.db, 'invoice')).toBe(100)
    await expectExactCounts(world, billRunId, { accounts: 100, billed: 100 })
    await world.expectReconciled()
  })

  test('fifty deliveries of one credit at once record it once', async () => {
    const account = await world.account({ charges: ['140.00'] })
    const { jobId, creditId } = await world.accept(account, '50.00', { automatic: true })
    await atOnce(50, () => inTransaction(world.db, (tx) => recordCredits(tx, [jobId])))
    expect(await countOf(world.db, 'credit')).toBe(1)
    expect(await countOf(world.db, 'job', `status = 'done'`)).toBe(1)
    await world.billRun()
    expect(await world.creditOf(creditId)).toMatchObject({ left: '0.00' })
    expect(await world.balancesOf(account)).toEqual(['90.00'])
    await world.expectReconciled()
  })

  test('many credits delivered in overlapping lists, in any order', async () => {
    const account = await world.account({})
    const jobs = (await Promise.all(times(30, () => world.accept(account, '1.00', { automatic: true })))).map(
      ({ jobId }) => jobId,
    )
    await atOnce(12, (index) => {
      const some = jobs.filter((_, at) => (at + index) % 3 !== 0)
      return inTransaction(world.db, (tx) => recordCredits(tx, index % 2 === 0 ? some : some.toReversed()))
    })
    expect(await countOf(world.db, 'credit')).toBe(30)
    await world.expectReconciled()
  })

  test('fifty requests to reverse one credit at once are one reversal', async () => {
    const account = await world.account({ charges: ['140.00'], credits: [{ amount: '50.00', automatic: true }] })
    const credit = account.credits[0] as string
    await world.billRun()
    const jobs = await atOnce(50, async () => {
      const { jobId } = await inTransaction(world.db, (tx) => acceptReversal(tx, credit, {}, world.actor))
      await inTransaction(world.db, (tx) => recordReversals(tx, [jobId]))
      return jobId
    })
    expect(new Set(jobs).size).toBe(1)
    await world.billRun()
    expect(await world.balancesOf(account)).toEqual(['90.00', '50.00'])
    await world.expectReconciled()
  })

  test('fifty disbursements at once of what is left four times', async () => {
    const account = await world.account({ charges: ['140.00'], credits: [{ amount: '50.00', automatic: false }] })
    const credit = account.credits[0] as string
    await world.billRun()
    const [invoice] = await world.invoicesOf(account)
    const codes = await atOnce(50, () => refusalOf(world.disburse(credit, invoice?.id as string, '12.50')))
    expect(codes.filter((code) => code === undefined)).toHaveLength(4)
    expect(codes.filter((code) => code === 'amount_exceeds_credit_left')).toHaveLength(46)
    expect(await world.balancesOf(account)).toEqual(['90.00'])
    await world.expectReconciled()
  })

  test('running again bills only what became pending since', async () => {
    const [acme, other] = (await owing(world, 2)) as readonly [TestAccount, TestAccount]
    await world.billRun()
    await world.charge(acme, '5.00')
    await world.billRun()
    await world.billRun()
    expect(await world.balancesOf(acme)).toEqual(['6.00', '5.00'])
    expect(await world.balancesOf(other)).toEqual(['6.00'])
    await world.expectReconciled()
  })
})

describe('two bill runs at once', () => {
  test('over the same accounts make no double', async () => {
    const accounts = await owing(world, 120)
    const runs = await atOnce(4, (index) => world.billRun({ batchSize: [5, 17, 40, 200][index] as number, workers: 3 }))
    for (const account of accounts) expect(await world.balancesOf(account)).toEqual(['6.00'])
    const billed = await Promise.all(runs.map(async (run) => (await countsOf(world, run)).billed))
    expect(billed.reduce((sum, count) => sum + count, 0)).toBe(120)
    await world.expectReconciled()
  })

  test('with credits, deletions, disbursements and reversals arriving in the middle', async () => {
    const accounts = await owing(world, 60)
    for (const account of accounts) await world.credit(account, '5', { automatic: false })
    await world.billRun()
    for (const account of accounts) await world.charge(account, '20')
    let billing = true
    const arriving = atOnce(8, async (worker) => {
      for (let index = worker; billing; index += 8) await arrive(accounts[index % 60] as TestAccount, index)
    })
    const runs = times(4, (index) =>
      world.billRun({ batchSize: 7 + 20 * index, workers: 2, billDate: `2026-02-0${index + 1}` }),
    )
    await Promise.all(runs)
    billing = false
    await arriving
    await world.expectReconciled()

    for (const run of await Promise.all(runs)) expect((await world.runOf(run)).status).toBe('completed')
    // Whatever met whatever, after one more run nothing is left undecided, and each account owes what its entries add up to.
    await world.billRun({ billDate: '2026-12-31' })
    expect(await countOf(world.db, 'charge', 'invoice_id is null')).toBe(0)
    expect(await countOf(world.db, 'credit', `status in ('pending', 'reversal_pending')`)).toBe(0)
    expect(await countOf(world.db, 'charge', 'invoice_id is not null')).toBe(await countOf(world.db, 'charge'))
    expect(await countOf(world.db, 'credit', `status = 'reversed'`)).toBeGreaterThan(0)
    expect(await countOf(world.db, 'disbursement', 'not automatic')).toBeGreaterThan(0)
    expect(await countOf(world.db, 'credit', `status = 'deleted'`)).toBeGreaterThan(0)
    await world.expectReconciled()
  })
})

/** Something of a caller's in the middle of a bill run. A refusal is as good an outcome as any; another error is none. */
async function arrive(account: TestAccount, index: number): Promise<void> {
  const automatic = index % 3 === 0
  const credit = await world.credit(account, '3', { automatic })
  if (index % 5 === 0) await refusalOf(world.deleteCredit(credit))
  await world.charge(account, '2')
  const [any] = await credits(account)
  const [invoice] = await unpaid(account)
  if (any && invoice) await refusalOf(world.disburse(any, invoice, '1'))
  if (any && index % 4 === 0) await refusalOf(world.requestReversal(any))
  if (any && index % 12 === 0) await refusalOf(world.cancelReversal(any))
}

const credits = async ({ id }: TestAccount) =>
  (
    await sql<{ id: string }>`
      select id from credit where account_id = ${id} and status = 'issued' order by disbursed < amount desc, random() limit 1`.execute(
      world.db,
    )
  ).rows.map((row) => row.id)

const unpaid = async ({ id }: TestAccount) =>
  (
    await sql<{
      id: string
    }>`select id from invoice where account_id = ${id} and balance > 0 order by random() limit 1`.execute(world.db)
  ).rows.map((row) => row.id)

test('a batch that was closed meanwhile leaves the charges that came since for the next run', async () => {
  const account = await world.account({ charges: ['10'] })
  const billRunId = await world.start({ accounts: [account] })
  const [id] = (await world.select(billRunId, 1)) as [string]
  const late = { id, billRunId, billDate: BILL_DATE, accountIds: [account.id] }
  await world.processBatches([id])
  await world.charge(account, '5')
  await expect(inTransaction(world.db, (tx) => billAccounts(tx, late))).rejects.toBeInstanceOf(BatchIsClosed)
  expect(await countOf(world.db, 'charge', 'invoice_id is null')).toBe(1)
  await world.expectReconciled()
})

describe('invoice numbers', () => {
  test('have no gap when transactions roll back among those that commit', async () => {
    await owing(world, 90)
    const billRunId = await world.start({})
    const batches = await world.select(billRunId, 5)
    const doomed = atOnce(8, async () => {
      for (const batchId of batches) await billAndRollBack(batchId)
    })
    await Promise.all([doomed, world.processBatches(batches, 4)])

    const { rows } = await sql<{ number: number }>`select number from invoice order by number`.execute(world.db)
    expect(rows.map(({ number }) => number)).toEqual(times(90, (index) => index + 1))
    await expectExactCounts(world, billRunId, { accounts: 90, billed: 90 })
    await world.expectReconciled()
  })
})

/** Bills a batch to the last statement, and then thinks better of it. */
async function billAndRollBack(batchId: string): Promise<void> {
  const batch = await world.db.selectFrom('bill_batch').selectAll().where('id', '=', batchId).executeTakeFirstOrThrow()
  const rolledBack = inTransaction(world.db, async (tx) => {
    await billAccounts(tx, {
      id: batchId,
      billRunId: batch.bill_run_id,
      billDate: BILL_DATE,
      accountIds: batch.account_ids,
    })
    throw new Refusal('internal_error', 'rolled back')
  })
  const refusal = await refusalOf(rolledBack).catch((error: unknown) => {
    if (error instanceof BatchIsClosed) return 'closed'
    throw error
  })
  expect(['internal_error', 'closed']).toContain(refusal)
}

/** All that a repeat must not change. */
async function state(): Promise<readonly unknown[]> {
  const tables = ['invoice', 'disbursement', 'credit', 'charge', 'bill_batch_total', 'invoice_counter', 'bill_run']
  const read = async (table: string) =>
    (await sql<{ row: string }>`select t::text as row from ${sql.table(table)} t order by 1`.execute(world.db)).rows
  return await Promise.all(tables.map(read))
}
