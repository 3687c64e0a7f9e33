import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { deleteOldSamples } from '../../src/ledger/operations/delete-old-samples.ts'
import { recordSample } from '../../src/ledger/operations/record-sample.ts'
import { KINDS } from '../../src/work/kinds.ts'
import { countOf, openWorld, type World } from '../support/world.ts'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

const sampled = KINDS.flatMap(({ name, durable }) => (durable ? [{ name, ...durable }] : []))
const samples = () => world.db.selectFrom('operations_sample').selectAll().orderBy('kind').execute()
const asOwner = (statement: string) => world.asOwner((client) => client.query(statement))

test('a sample has what waits, for how long, and what was finished in the minute before', async () => {
  const account = await world.account({ charges: ['7'], credits: [{ amount: '3', automatic: true }] })
  await world.accept(account, '5', { automatic: true })
  await world.billRun({ accounts: [account] })
  await asOwner(`update job set created_at = now() - interval '90 seconds' where status = 'queued'`)
  // In one transaction, so that it is one minute for all of it.
  await world.db.transaction().execute(async (tx) => {
    await sql`update job set finished_at = date_trunc('minute', now()) - interval '1 second' where status = 'done'`.execute(
      tx,
    )
    for (const table of ['bill_run', 'bill_batch'])
      await sql`update ${sql.table(table)} set finished_at = date_trunc('minute', now()) - interval '1 minute'`.execute(
        tx,
      )
    await recordSample(tx, sampled)
  })
  expect(await samples()).toMatchObject([
    { kind: 'bill-batch', open: 0, oldest_seconds: 0, done: 1, failed: 0 },
    { kind: 'bill-run', open: 0, oldest_seconds: 0, done: 1, failed: 0 },
    { kind: 'credit', open: 1, oldest_seconds: expect.closeTo(90, -1), done: 1, failed: 0 },
    { kind: 'reversal', open: 0, oldest_seconds: 0, done: 0, failed: 0 },
  ])
  expect((await samples())[0]?.minute.getUTCSeconds()).toBe(0)
})

test('a minute is sampled once, by whichever relay comes first', async () => {
  const account = await world.account({ credits: [{ amount: '3', automatic: true }] })
  await world.accept(account, '5', { automatic: true })
  await Promise.all([1, 2, 3].map(() => recordSample(world.db, sampled)))
  await recordSample(world.db, sampled)
  const minutes = new Set((await samples()).map(({ minute }) => minute.getTime()))
  expect(await samples()).toHaveLength(minutes.size * sampled.length)
})

test('samples are deleted after 35 days, in steps', async () => {
  await asOwner(`insert into operations_sample (minute, kind, open, oldest_seconds, done, failed)
    select now() - interval '35 days 1 minute' - n * interval '1 minute', 'credit', 0, 0, 0, 0 from generate_series(1, 20001) n`)
  await asOwner(`insert into operations_sample (minute, kind, open, oldest_seconds, done, failed)
    values (now() - interval '34 days 23 hours', 'credit', 0, 0, 0, 0)`)
  await deleteOldSamples(world.db)
  expect(await countOf(world.db, 'operations_sample')).toBe(1)
})
