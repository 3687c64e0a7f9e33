import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { inTransaction } from '../../src/db/transaction.ts'
import { cancelBillRun } from '../../src/ledger/bill-runs/cancel-bill-run.ts'
import { retryBillRun } from '../../src/ledger/bill-runs/retry-bill-run.ts'
import { processBatch } from '../../src/work/process-batch.ts'
import { eventually } from '../support/eventually.ts'
import { expectExactCounts } from '../support/exact-counts.ts'
import { owing } from '../support/owing-accounts.ts'
import { holdCounter, waiting, whileOwner } from '../support/owner-transaction.ts'
import { countOf, openWorld, refusalOf, type TestAccount, type World } from '../support/world.ts'

let world: World

beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

describe('an account that cannot be billed', () => {
  /** From now on the database refuses every invoice for an account. */
  const poison = ({ id }: TestAccount) =>
    world.asOwner(async (client) => {
      await client.query(`
        create or replace function refuse_invoice() returns trigger language plpgsql as $$
        begin raise exception 'account % is not to be billed', new.account_id using errcode = 'check_violation'; end $$`)
      await client.query(
        `create trigger poison_${id} before insert on invoice for each row when (new.account_id = ${id}) execute function refuse_invoice()`,
      )
    })
  const mend = ({ id }: TestAccount) => world.asOwner((client) => client.query(`drop trigger poison_${id} on invoice`))

  test('fails alone, with a code and a reason; mended, it is billed within the same run', async () => {
    const accounts = await owing(world, 200)
    const poisoned = accounts[123] as TestAccount
    await poison(poisoned)
    const billRunId = await world.billRun({ batchSize: 200, workers: 3 })

    expect((await world.runOf(billRunId)).status).toBe('completed_with_failures')
    expect(await countOf(world.db, 'invoice')).toBe(199)
    expect(await world.invoicesOf(poisoned)).toEqual([])
    expect(await world.creditOf(poisoned.credits[0] as string)).toMatchObject({ status: 'pending', left: '4.00' })
    expect(await failuresOf(billRunId)).toEqual([
      {
        account_ids: [poisoned.id],
        failure_code: 'database_refused',
        failure_message: `account ${poisoned.id} is not to be billed`,
        failure_attempts: 1,
      },
    ])
    await expectExactCounts(world, billRunId, { accounts: 200, billed: 199, failed: 1 })
    await world.expectReconciled()

    // Not mended: it fails again, in the same run.
    await retry(billRunId)
    expect((await world.runOf(billRunId)).status).toBe('completed_with_failures')
    expect(await failuresOf(billRunId)).toMatchObject([{ account_ids: [poisoned.id], failure_attempts: 2 }])

    await mend(poisoned)
    await retry(billRunId)
    expect(await world.runOf(billRunId)).toMatchObject({ status: 'completed' })
    expect(await world.balancesOf(poisoned)).toEqual(['6.00'])
    expect(await failuresOf(billRunId)).toEqual([])
    await expectExactCounts(world, billRunId, { accounts: 200, billed: 200 })
    await world.expectReconciled()
  })

  test('is found though there are several', async () => {
    const accounts = await owing(world, 60)
    const poisoned = [0, 1, 31, 59].map((index) => accounts[index] as TestAccount)
    for (const account of poisoned) await poison(account)
    const billRunId = await world.billRun({ batchSize: 25, workers: 2 })
    const failed = (await failuresOf(billRunId)).flatMap(({ account_ids }) => account_ids)
    expect(failed.sort((a, b) => a - b)).toEqual(poisoned.map(({ id }) => id))
    await expectExactCounts(world, billRunId, { accounts: 60, billed: 56, failed: 4 })
    await world.expectReconciled()

    for (const account of poisoned) await mend(account)
    await retry(billRunId)
    await expectExactCounts(world, billRunId, { accounts: 60, billed: 60 })
    await world.expectReconciled()
  })

  test('retried while another run has billed it has nothing left to bill', async () => {
    const [account] = (await owing(world, 1)) as readonly [TestAccount]
    await poison(account)
    const billRunId = await world.billRun()
    await mend(account)
    await world.billRun()
    await retry(billRunId)
    expect(await world.balancesOf(account)).toEqual(['6.00'])
    await expectExactCounts(world, billRunId, { accounts: 1, billed: 0, nothing: 1 })
    await world.expectReconciled()
  })

  test('a retry of a run without failures changes nothing, and one of a cancelled run is refused', async () => {
    await owing(world, 3)
    const done = await world.billRun()
    await retry(done)
    expect(await world.runOf(done)).toMatchObject({ status: 'completed' })
    const cancelled = await world.start({})
    await inTransaction(world.db, (tx) => cancelBillRun(tx, cancelled))
    expect(await refusalOf(retry(cancelled))).toBe('bill_run_finished')
  })

  test('somebody holds one account and does not let go: the others are billed, and it is when it is let go', async () => {
    const impatient = await openWorld({ lockTimeoutMs: 100 })
    const accounts = await owing(impatient, 20)
    const held = accounts[7] as TestAccount
    let billRunId = ''
    await whileOwner(impatient, `select from account where id = ${held.id} for update`, async () => {
      billRunId = await impatient.billRun({ batchSize: 20 })
    })
    expect((await impatient.runOf(billRunId)).status).toBe('completed_with_failures')
    expect(await failuresOf(billRunId, impatient)).toMatchObject([
      {
        account_ids: [held.id],
        failure_code: 'timed_out',
        failure_message: expect.stringMatching(/^it took too long in every try: .*lock timeout/),
      },
    ])
    await expectExactCounts(impatient, billRunId, { accounts: 20, billed: 19, failed: 1 })
    await retry(billRunId, impatient)
    await expectExactCounts(impatient, billRunId, { accounts: 20, billed: 20 })
    await impatient.expectReconciled()
    await impatient.close()
  })

  async function retry(billRunId: string, { db, processBatches, select }: World = world): Promise<void> {
    await inTransaction(db, (tx) => retryBillRun(tx, billRunId))
    await processBatches(await select(billRunId, 200), 2)
  }
})

describe('a failure that passes', () => {
  test('a deadlock is retried, and billed once', async () => {
    const accounts = await owing(world, 10)
    const [first, last] = [accounts[0], accounts[9]] as readonly [TestAccount, TestAccount]
    const billRunId = await world.start({})
    const [batchId] = await world.select(billRunId, 200)
    const before = await deadlocks()
    await world.asOwner(async (client) => {
      // Whoever waits first looks first whether the wait goes round in a circle, and gives way: here the batch.
      await client.query(`set deadlock_timeout = '60s'`)
      await client.query('begin')
      await client.query(`select from account where id = ${last.id} for update`)
      const processing = processBatch(world.db, batchId as string, async () => {})
      await waiting(client)
      await client.query(`select from account where id = ${first.id} for update`)
      await client.query('rollback')
      await processing
    })

    await eventually(async () => expect(await deadlocks()).toBeGreaterThan(before))
    await expectBilledOnce(billRunId, accounts)
  })

  test.each([
    [
      'at its first lock',
      (accounts: readonly TestAccount[]) => `select from account where id = ${accounts[0]?.id} for update`,
    ],
    ['at its last, with everything written', () => holdCounter],
  ])('a connection ended in the middle, %s, is retried, and billed once', async (_, lock) => {
    const accounts = await owing(world, 10)
    const billRunId = await world.start({})
    const [batchId] = await world.select(billRunId, 200)
    await whileOwner(world, lock(accounts), async (client) => {
      const processing = world.processBatches([batchId as string])
      const ended = await waiting(client)
      await client.query('select pg_terminate_backend($1)', [ended])
      await eventually(async () => expect(await waiting(client)).not.toBe(ended))
      await client.query('rollback')
      await processing
    })
    await expectBilledOnce(billRunId, accounts)
  })

  test('it does not count as a try that lost its worker', async () => {
    const accounts = await owing(world, 2)
    const billRunId = await world.start({})
    const [batchId] = await world.select(billRunId, 200)
    await whileOwner(world, holdCounter, async (client) => {
      const processing = world.processBatches([batchId as string])
      for (let ended = 0; ended < 7; ended += 1)
        await client.query('select pg_terminate_backend($1)', [await waiting(client)])
      await waiting(client)
      await client.query('rollback')
      await processing
    })
    await expectBilledOnce(billRunId, accounts)
  })

  const deadlocks = async () =>
    (
      await sql<{
        deadlocks: number
      }>`select deadlocks from pg_stat_database where datname = current_database()`.execute(world.db)
    ).rows[0]?.deadlocks ?? 0

  async function expectBilledOnce(billRunId: string, accounts: readonly TestAccount[]): Promise<void> {
    expect(await world.runOf(billRunId)).toMatchObject({ status: 'completed' })
    for (const account of accounts) expect(await world.balancesOf(account)).toEqual(['6.00'])
    expect(await failuresOf(billRunId)).toEqual([])
    await expectExactCounts(world, billRunId, { accounts: accounts.length, billed: accounts.length })
    await world.expectReconciled()
  }
})

async function failuresOf(billRunId: string, { db }: World = world) {
  return await db
    .selectFrom('bill_batch')
    .select(['account_ids', 'failure_code', 'failure_message', 'failure_attempts'])
    .where('bill_run_id', '=', billRunId)
    .where('status', '=', 'failed')
    .execute()
}
