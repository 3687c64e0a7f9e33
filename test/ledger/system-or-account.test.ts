import { afterEach, beforeEach, expect, test } from 'vitest'
import { processBatch } from '../../src/work/process-batch.ts'
import { expectExactCounts } from '../support/exact-counts.ts'
import { owing } from '../support/owing-accounts.ts'
import { holdCounter, whileOwner } from '../support/owner-transaction.ts'
import { countOf, openWorld, type TestAccount, type World } from '../support/world.ts'

let world: World
beforeEach(async () => {
  world = await openWorld({ lockTimeoutMs: 100 })
})
afterEach(() => world.close())

const asOwner = (statement: string) => world.asOwner((client) => client.query(statement))

/** Makes every insert of an invoice, of this account or of any, fail with this SQLSTATE. */
const raise = (code: string, account?: TestAccount) =>
  asOwner(`
    create function in_trouble() returns trigger language plpgsql as $$
    begin raise exception 'in trouble' using errcode = '${code}'; end $$;
    create trigger in_trouble before insert on invoice for each row
      when (${account ? `new.account_id = ${account.id}` : 'true'}) execute function in_trouble()`)

const mend = () => asOwner('drop trigger in_trouble on invoice; drop function in_trouble')

const failuresOf = (billRunId: string) =>
  world.db
    .selectFrom('bill_batch')
    .select(['account_ids', 'failure_code', 'failure_message'])
    .where('bill_run_id', '=', billRunId)
    .where('status', '=', 'failed')
    .execute()

const openBatches = () =>
  world.db
    .selectFrom('bill_batch')
    .select(['id', 'accounts', 'trouble', 'trouble_since'])
    .where('status', '=', 'open')
    .execute()

test.each([
  ['53200', 'out_of_memory', /^the database ran out of memory over it: in trouble; look at /],
  ['54000', 'internal_error', /^in trouble$/],
  ['XX000', 'internal_error', /^in trouble$/],
  ['57014', 'timed_out', /^it took too long in every try: in trouble$/],
  ['23514', 'database_refused', /^in trouble$/],
  ['22003', 'database_refused', /^in trouble$/],
  ['P0001', 'database_refused', /^in trouble$/],
] as const)('%s from one account: the others are billed, and it ends as %s', async (code, failure, message) => {
  const accounts = await owing(world, 20)
  const account = accounts[7] as TestAccount
  await raise(code, account)
  const billRunId = await world.billRun({ batchSize: 20, workers: 2 })
  expect(await world.runOf(billRunId)).toMatchObject({ status: 'completed_with_failures' })
  expect(await failuresOf(billRunId)).toEqual([
    { account_ids: [account.id], failure_code: failure, failure_message: expect.stringMatching(message) },
  ])
  await expectExactCounts(world, billRunId, { accounts: 20, billed: 19, failed: 1 })
  await world.expectReconciled()
})

test.each(['53100', '53300', '58030', '42501', 'ZZ999'])(
  '%s is a system fault: the batch is not narrowed down, nothing fails, and it is billed once mended',
  async (code) => {
    const accounts = await owing(world, 10)
    await raise(code)
    const billRunId = await world.start({})
    const [batchId] = (await world.select(billRunId, 200)) as [string]
    for (let times = 0; times < 5; times += 1) {
      await expect(processBatch(world.db, batchId, async () => {})).rejects.toThrow('in trouble')
    }
    expect(await openBatches()).toEqual([
      { id: batchId, accounts: 10, trouble: `in trouble (${code})`, trouble_since: expect.any(Date) },
    ])
    await mend()
    await world.processBatches([batchId])
    expect(await world.runOf(billRunId)).toMatchObject({ status: 'completed' })
    await expectExactCounts(world, billRunId, { accounts: accounts.length, billed: accounts.length })
  },
)

test.each([
  ['a table', 'lock table invoice in access exclusive mode'],
  ['the counter of invoices', holdCounter],
])('%s that stays locked is a system fault: a thousand accounts are not narrowed down', async (_, lock) => {
  await owing(world, 1_000)
  const billRunId = await world.start({})
  const [batchId] = (await world.select(billRunId, 1_000)) as [string]
  await whileOwner(world, lock, async () => {
    for (let times = 0; times < 2; times += 1) {
      await expect(processBatch(world.db, batchId, async () => {})).rejects.toThrow('lock timeout')
    }
  })
  expect(await openBatches()).toMatchObject([{ id: batchId, accounts: 1_000, trouble: expect.stringMatching(/lock/) }])
  await world.processBatches([batchId])
  expect(await world.runOf(billRunId)).toMatchObject({ status: 'completed' })
  expect(await countOf(world.db, 'invoice')).toBe(1_000)
})

test('a batch of one account, while a table is locked, does not fail', async () => {
  await owing(world, 1)
  const billRunId = await world.start({})
  const [batchId] = (await world.select(billRunId, 1)) as [string]
  await whileOwner(world, 'lock table charge in access exclusive mode', async () => {
    await expect(processBatch(world.db, batchId, async () => {})).rejects.toThrow('lock timeout')
  })
  expect(await failuresOf(billRunId)).toEqual([])
  await world.processBatches([batchId])
  expect(await world.runOf(billRunId)).toMatchObject({ status: 'completed' })
})
