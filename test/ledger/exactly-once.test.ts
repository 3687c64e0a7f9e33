import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { inTransaction } from '../../src/db/transaction.ts'
import { acceptReversal } from '../../src/ledger/accept-reversal.ts'
import { billAccounts } from '../../src/ledger/bill-accounts.ts'
import { cancelBillRun } from '../../src/ledger/cancel-bill-run.ts'
import { carryOutBatch } from '../../src/ledger/carry-out-batch.ts'
import { recordCredits } from '../../src/ledger/record-credits.ts'
import { requestReversals } from '../../src/ledger/request-reversals.ts'
import { retryBillRun } from '../../src/ledger/retry-bill-run.ts'
import { Money } from '../../src/money.ts'
import { Refusal } from '../../src/problems.ts'
import { eventually } from '../support/eventually.ts'
import { BILL_DATE, countOf, openWorld, refusalOf, type TestAccount, type World } from '../support/world.ts'

let world: World

beforeEach(async () => {
  world = await openWorld({ max: 24 })
})
afterEach(() => world.close())

const times = <T>(count: number, act: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, index) => act(index))
const atOnce = <T>(count: number, act: (index: number) => Promise<T>) => Promise.all(times(count, act))

/** Accounts of which each has a charge of 10 and an automatic credit of 4: billed, each owes 6. */
const owing = (count: number, currency = 'USD') =>
  world.accounts(times(count, () => ({ currency, charges: ['10'], credits: [{ amount: '4', automatic: true }] })))

/** A transaction of somebody else's, begun on a connection of its own and left open while `act` runs. */
const whileOwner = (begun: string, act: (client: pg.Client) => Promise<void>) =>
  world.asOwner(async (client) => {
    await client.query('begin')
    await client.query(begun)
    try {
      await act(client)
    } finally {
      await client.query('rollback')
    }
  })

/** A connection of the service's that waits for a lock, once there is one. */
const waiting = (client: pg.Client) =>
  eventually(async () => {
    // Within a transaction it would see again what it saw first.
    await client.query('select pg_stat_clear_snapshot()')
    const { rows } = await client.query<{ pid: number }>(
      `select pid from pg_stat_activity
       where datname = current_database() and application_name = 'test-world' and wait_event_type = 'Lock'`,
    )
    expect(rows.length).toBeGreaterThan(0)
    return (rows[0] as { pid: number }).pid
  })

const holdCounter = 'update invoice_counter set last_number = last_number'

describe('the same work delivered again', () => {
  test('a batch carried out by eight callers at once is billed once, and nobody is called lost', async () => {
    const accounts = await owing(20)
    const billRunId = await world.start({})
    const [batchId, ...more] = await world.select(billRunId, 200)
    expect(more).toEqual([])
    await whileOwner(holdCounter, async (client) => {
      const callers = atOnce(8, () => world.carryOut([batchId as string]))
      await waiting(client)
      await sleep(200)
      await client.query('rollback')
      await callers
    })

    expect(await world.runOf(billRunId)).toMatchObject({ status: 'completed' })
    for (const account of accounts) expect(await world.balancesOf(account)).toEqual(['6.00'])
    await expectExactCounts(billRunId, { accounts: 20, billed: 20 })
    await world.expectReconciled()
  })

  test('one account carried out by eight callers at once is billed, and not recorded as failed', async () => {
    const [account] = await owing(1)
    const billRunId = await world.start({})
    const [batchId] = await world.select(billRunId, 1)
    await whileOwner(`select from account where id = ${account?.id} for update`, async (client) => {
      const callers = atOnce(8, () => world.carryOut([batchId as string]))
      await sleep(300)
      await client.query('rollback')
      await callers
    })

    expect(await world.runOf(billRunId)).toMatchObject({ status: 'completed' })
    expect(await world.balancesOf(account as TestAccount)).toEqual(['6.00'])
    await world.expectReconciled()
  })

  test('every batch of a run, all of them again, at once and afterwards', async () => {
    await owing(60)
    const billRunId = await world.start({})
    const batches = await world.select(billRunId, 7)
    await Promise.all([world.carryOut(batches, 3), world.carryOut(batches.toReversed(), 3)])
    const once = await state()
    await world.carryOut(batches, 4)
    await world.carryOut(await world.select(billRunId, 7))
    expect(await state()).toEqual(once)
    expect(await countOf(world.db, 'invoice')).toBe(60)
    await expectExactCounts(billRunId, { accounts: 60, billed: 60 })
    await world.expectReconciled()
  })

  test('a run selected by several at once selects each account once', async () => {
    await owing(100)
    const billRunId = await world.start({})
    const batches = (await atOnce(6, () => world.select(billRunId, 9))).flat()
    expect(new Set(batches).size).toBe(batches.length)
    await world.carryOut(batches, 4)
    expect(await countOf(world.db, 'invoice')).toBe(100)
    await expectExactCounts(billRunId, { accounts: 100, billed: 100 })
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
      await inTransaction(world.db, (tx) => requestReversals(tx, [jobId]))
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
    const [acme, other] = (await owing(2)) as readonly [TestAccount, TestAccount]
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
    const accounts = await owing(120)
    const runs = await atOnce(4, (index) => world.billRun({ batchSize: [5, 17, 40, 200][index] as number, workers: 3 }))
    for (const account of accounts) expect(await world.balancesOf(account)).toEqual(['6.00'])
    const billed = await Promise.all(runs.map(async (run) => (await countsOf(run)).billed))
    expect(billed.reduce((sum, count) => sum + count, 0)).toBe(120)
    await world.expectReconciled()
  })

  test('with credits, deletions, disbursements and reversals arriving in the middle', async () => {
    const accounts = await owing(60)
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
    expect(await countOf(world.db, 'charge', 'not billed')).toBe(0)
    expect(await countOf(world.db, 'credit', `status in ('pending', 'reversal_pending')`)).toBe(0)
    expect(await countOf(world.db, 'invoice_transaction', `type = 'charge'`)).toBe(await countOf(world.db, 'charge'))
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

describe('invoice numbers', () => {
  test('have no gap when transactions roll back among those that commit', async () => {
    await owing(90)
    const billRunId = await world.start({})
    const batches = await world.select(billRunId, 5)
    const doomed = atOnce(8, async () => {
      for (const batchId of batches) await billAndRollBack(batchId)
    })
    await Promise.all([doomed, world.carryOut(batches, 4)])

    const { rows } = await sql<{ number: number }>`select number from invoice order by number`.execute(world.db)
    expect(rows.map(({ number }) => number)).toEqual(times(90, (index) => index + 1))
    await expectExactCounts(billRunId, { accounts: 90, billed: 90 })
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
  expect(await refusalOf(rolledBack)).toBe('internal_error')
}

describe('an account that cannot be billed', () => {
  /** From now on the database refuses every invoice for an account. */
  const poison = ({ id }: TestAccount) =>
    world.asOwner(async (client) => {
      await client.query(`
        create or replace function refuse_invoice() returns trigger language plpgsql as $$
        begin raise exception 'account % is not to be billed', new.account_id; end $$`)
      await client.query(
        `create trigger poison_${id} before insert on invoice for each row when (new.account_id = ${id}) execute function refuse_invoice()`,
      )
    })
  const mend = ({ id }: TestAccount) => world.asOwner((client) => client.query(`drop trigger poison_${id} on invoice`))

  test('fails alone, with a code and a reason; mended, it is billed within the same run', async () => {
    const accounts = await owing(200)
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
    await expectExactCounts(billRunId, { accounts: 200, billed: 199, failed: 1 })
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
    await expectExactCounts(billRunId, { accounts: 200, billed: 200 })
    await world.expectReconciled()
  })

  test('is found though there are several', async () => {
    const accounts = await owing(60)
    const poisoned = [0, 1, 31, 59].map((index) => accounts[index] as TestAccount)
    for (const account of poisoned) await poison(account)
    const billRunId = await world.billRun({ batchSize: 25, workers: 2 })
    const failed = (await failuresOf(billRunId)).flatMap(({ account_ids }) => account_ids)
    expect(failed.sort((a, b) => a - b)).toEqual(poisoned.map(({ id }) => id))
    await expectExactCounts(billRunId, { accounts: 60, billed: 56, failed: 4 })
    await world.expectReconciled()

    for (const account of poisoned) await mend(account)
    await retry(billRunId)
    await expectExactCounts(billRunId, { accounts: 60, billed: 60 })
    await world.expectReconciled()
  })

  test('retried while another run has billed it has nothing left to bill', async () => {
    const [account] = (await owing(1)) as readonly [TestAccount]
    await poison(account)
    const billRunId = await world.billRun()
    await mend(account)
    await world.billRun()
    await retry(billRunId)
    expect(await world.balancesOf(account)).toEqual(['6.00'])
    await expectExactCounts(billRunId, { accounts: 1, billed: 0, nothing: 1 })
    await world.expectReconciled()
  })

  test('a retry of a run without failures changes nothing, and one of a cancelled run is refused', async () => {
    await owing(3)
    const done = await world.billRun()
    await retry(done)
    expect(await world.runOf(done)).toMatchObject({ status: 'completed' })
    const cancelled = await world.start({})
    await inTransaction(world.db, (tx) => cancelBillRun(tx, cancelled))
    expect(await refusalOf(retry(cancelled))).toBe('bill_run_finished')
  })

  async function retry(billRunId: string): Promise<void> {
    await inTransaction(world.db, (tx) => retryBillRun(tx, billRunId))
    await world.carryOut(await world.select(billRunId, 200), 2)
  }
})

describe('a failure that passes', () => {
  test('a deadlock is retried, and billed once', async () => {
    const accounts = await owing(10)
    const [first, last] = [accounts[0], accounts[9]] as readonly [TestAccount, TestAccount]
    const billRunId = await world.start({})
    const [batchId] = await world.select(billRunId, 200)
    const before = await deadlocks()
    await world.asOwner(async (client) => {
      // Whoever waits first looks first whether the wait goes round in a circle, and gives way: here the batch.
      await client.query(`set deadlock_timeout = '60s'`)
      await client.query('begin')
      await client.query(`select from account where id = ${last.id} for update`)
      const carriedOut = carryOutBatch(world.db, batchId as string, async () => {})
      await waiting(client)
      await client.query(`select from account where id = ${first.id} for update`)
      await client.query('rollback')
      await carriedOut
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
    const accounts = await owing(10)
    const billRunId = await world.start({})
    const [batchId] = await world.select(billRunId, 200)
    await whileOwner(lock(accounts), async (client) => {
      const carriedOut = world.carryOut([batchId as string])
      const ended = await waiting(client)
      await client.query('select pg_terminate_backend($1)', [ended])
      await eventually(async () => expect(await waiting(client)).not.toBe(ended))
      await client.query('rollback')
      await carriedOut
    })
    await expectBilledOnce(billRunId, accounts)
  })

  test('it does not count as a try that lost its worker', async () => {
    const accounts = await owing(2)
    const billRunId = await world.start({})
    const [batchId] = await world.select(billRunId, 200)
    await whileOwner(holdCounter, async (client) => {
      const carriedOut = world.carryOut([batchId as string])
      for (let ended = 0; ended < 7; ended += 1)
        await client.query('select pg_terminate_backend($1)', [await waiting(client)])
      await waiting(client)
      await client.query('rollback')
      await carriedOut
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
    await expectExactCounts(billRunId, { accounts: accounts.length, billed: accounts.length })
    await world.expectReconciled()
  }
})

describe('a run cancelled in the middle', () => {
  test('what is billed stays billed, what has not begun is not begun', async () => {
    const accounts = await owing(50)
    const billRunId = await world.start({})
    const batches = await world.select(billRunId, 10)
    await world.carryOut(batches.slice(0, 2))
    await inTransaction(world.db, (tx) => cancelBillRun(tx, billRunId))
    await world.carryOut(batches, 3)
    await world.carryOut(await world.select(billRunId, 10))

    expect(await world.runOf(billRunId)).toMatchObject({ status: 'cancelled' })
    const billed = await Promise.all(accounts.map(async (account) => (await world.invoicesOf(account)).length))
    expect(billed).toEqual(times(50, (index) => (index < 20 ? 1 : 0)))
    await expectExactCounts(billRunId, { accounts: 20, billed: 20 })
    expect(await refusalOf(inTransaction(world.db, (tx) => cancelBillRun(tx, billRunId)))).toBe('bill_run_finished')
    await world.expectReconciled()

    await world.billRun()
    expect(await countOf(world.db, 'invoice')).toBe(50)
    await world.expectReconciled()
  })

  test('a batch that is being written when it is cancelled is wholly billed', async () => {
    await owing(20)
    const billRunId = await world.start({})
    const batches = await world.select(billRunId, 10)
    await whileOwner(holdCounter, async (client) => {
      const billing = world.carryOut(batches.slice(0, 1))
      await waiting(client)
      const cancelling = inTransaction(world.db, (tx) => cancelBillRun(tx, billRunId))
      await sleep(200)
      await client.query('rollback')
      await Promise.all([billing, cancelling])
    })
    await world.carryOut(batches)
    expect(await world.runOf(billRunId)).toMatchObject({ status: 'cancelled' })
    expect(await countOf(world.db, 'invoice')).toBe(10)
    await expectExactCounts(billRunId, { accounts: 10, billed: 10 })
    await world.expectReconciled()
  })

  test('before it has selected anything, it bills nothing', async () => {
    await owing(5)
    const billRunId = await world.start({})
    await inTransaction(world.db, (tx) => cancelBillRun(tx, billRunId))
    expect(await world.select(billRunId, 10)).toEqual([])
    expect(await world.runOf(billRunId)).toMatchObject({ status: 'cancelled' })
    expect(await countOf(world.db, 'invoice')).toBe(0)
  })
})

test('the counts and sums of a run are exact, in each currency, whatever its batches', async () => {
  const given = times(45, (index) => ({
    currency: ['USD', 'JPY', 'KWD'][index % 3] as string,
    charges: index % 5 === 0 ? [] : ['10', `${index + 1}`],
    credits: index % 4 === 0 ? [] : [{ amount: `${(index % 7) + 1}`, automatic: index % 2 === 0 }],
  }))
  const accounts = await world.accounts(given)
  const first = await world.billRun({ accounts, batchSize: 4, workers: 3 })
  const empty = given.filter(({ charges, credits }) => charges.length + credits.length === 0).length
  expect(empty).toBeGreaterThan(0)
  await expectExactCounts(first, { accounts: 45, billed: 45 - empty, nothing: empty })

  for (const { credits } of accounts.slice(0, 20)) for (const credit of credits) await world.requestReversal(credit)
  for (const account of accounts.slice(10, 30)) await world.charge(account, '7')
  const before = await countOf(world.db, 'disbursement')
  const second = await world.billRun({ accounts, batchSize: 200, billDate: '2026-02-28' })
  expect(await countOf(world.db, 'disbursement')).toBeGreaterThan(before)
  const { rows } = await sql<{ reversed: number }>`
    select sum(credits_reversed_count)::integer as reversed from bill_batch_total where bill_run_id = ${second}::uuid`.execute(
    world.db,
  )
  expect(rows[0]?.reversed).toBeGreaterThan(5)
  await expectExactTotals(second)
  await world.expectReconciled()
})

/** All that a repeat must not change. */
async function state(): Promise<readonly unknown[]> {
  const tables = [
    'invoice',
    'invoice_transaction',
    'disbursement',
    'credit',
    'charge',
    'bill_batch_total',
    'invoice_counter',
    'bill_run',
  ]
  const read = async (table: string) =>
    (await sql<{ row: string }>`select t::text as row from ${sql.table(table)} t order by 1`.execute(world.db)).rows
  return await Promise.all(tables.map(read))
}

async function failuresOf(billRunId: string) {
  return await world.db
    .selectFrom('bill_batch')
    .select(['account_ids', 'failure_code', 'failure_message', 'failure_attempts'])
    .where('bill_run_id', '=', billRunId)
    .where('status', '=', 'failed')
    .execute()
}

async function countsOf(billRunId: string) {
  const { rows } = await sql<{ accounts: number; billed: number; nothing: number; failed: number }>`
    select coalesce(sum(accounts) filter (where status in ('done', 'failed')), 0)::integer as accounts,
      coalesce(sum(billed), 0)::integer as billed, coalesce(sum(nothing_to_bill), 0)::integer as nothing,
      count(*) filter (where status = 'failed')::integer as failed
    from bill_batch where bill_run_id = ${billRunId}::uuid`.execute(world.db)
  return rows[0] as (typeof rows)[number]
}

async function expectExactCounts(
  billRunId: string,
  {
    accounts,
    billed,
    nothing = 0,
    failed = 0,
  }: { accounts: number; billed: number; nothing?: number; failed?: number },
): Promise<void> {
  expect(await countsOf(billRunId)).toEqual({ accounts, billed, nothing, failed })
  expect(await countOf(world.db, 'invoice', `bill_run_id = '${billRunId}'`)).toBe(billed)
  await expectExactTotals(billRunId)
}

/**
 * What a run says that it did, against what its invoices hold. What it disbursed was written at the moment at which its batch was
 * closed, as nothing else was: a batch is one transaction.
 */
async function expectExactTotals(billRunId: string): Promise<void> {
  type Total = {
    currency: string
    invoices: number
    charged: string
    issued: string
    reversed: string
    disbursed: string
  }
  const { rows: said } = await sql<Total>`
    select currency, sum(invoices)::integer as invoices, sum(charged) as charged,
      sum(credits_issued_count) || ' of ' || trim_scale(sum(credits_issued_amount)) as issued,
      sum(credits_reversed_count) || ' of ' || trim_scale(sum(credits_reversed_amount)) as reversed, sum(disbursed) as disbursed
    from bill_batch_total where bill_run_id = ${billRunId}::uuid group by currency order by currency`.execute(world.db)
  const { rows: made } = await sql<Total>`
    select a.currency, count(*)::integer as invoices, sum(charged) as charged,
      sum(t.issued) || ' of ' || trim_scale(sum(t.issued_amount)) as issued,
      sum(t.reversed) || ' of ' || trim_scale(sum(t.reversed_amount)) as reversed, sum(t.disbursed) as disbursed
    from invoice i join account a on a.id = i.account_id,
    lateral (
      select coalesce(sum(amount) filter (where type = 'charge'), 0) as charged,
        count(*) filter (where type = 'credit') as issued, coalesce(sum(amount) filter (where type = 'credit'), 0) as issued_amount,
        count(*) filter (where type = 'reversed_credit') as reversed, coalesce(sum(amount) filter (where type = 'reversed_credit'), 0) as reversed_amount,
        (select coalesce(sum(d.amount), 0) from disbursement d
         join bill_batch b on b.finished_at = d.created_at and b.bill_run_id = i.bill_run_id and i.account_id = any(b.account_ids)
         where d.account_id = i.account_id and d.automatic) as disbursed
      from invoice_transaction where invoice_id = i.id) t
    where i.bill_run_id = ${billRunId}::uuid group by a.currency order by a.currency`.execute(world.db)
  const exact = ({ charged, disbursed, ...rest }: Total) => ({
    ...rest,
    charged: new Money(charged).toFixed(),
    disbursed: new Money(disbursed).toFixed(),
  })
  expect(said.map(exact)).toEqual(made.map(exact))
}
