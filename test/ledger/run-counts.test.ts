import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { times } from '../support/at-once.ts'
import { expectExactCounts, expectExactTotals } from '../support/exact-counts.ts'
import { countOf, openWorld, type World } from '../support/world.ts'

let world: World

beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

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
  await expectExactCounts(world, first, { accounts: 45, billed: 45 - empty, nothing: empty })

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
  await expectExactTotals(world, second)
  await world.expectReconciled()
})
