import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate } from '../../src/db/migrate.ts'
import type { TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { holdLock } from '../support/held-lock.ts'
import { migrateBefore, openOldDatabase, readBooks, restore } from '../support/version-0013.ts'

let database: TestDatabase
let client: pg.Client
beforeEach(async () => {
  database = await openOldDatabase()
  await restore(database.ownerUrl, await readBooks())
  await migrateBefore(database.ownerUrl, '0015')
  client = new pg.Client({ connectionString: database.ownerUrl })
  await client.connect()
})
afterEach(async () => {
  await client.end()
  await database.drop()
})

const one = async (query: string) => (await client.query(query)).rows[0]
// An index that is built also waits, for a moment, for this query to end: whoever holds a lock for long is idle.
const WAITING = `select pid from pg_stat_activity migrator where application_name = 'nightbill migrate' and datname = current_database() and exists (
  select from pg_stat_activity holder where holder.pid = any(pg_blocking_pids(migrator.pid)) and holder.state = 'idle in transaction')`

/** Migrates until it waits for what somebody holds, and ends its session there, as a lost machine or an administrator does. */
async function killWhereItWaits(holder: string): Promise<void> {
  const lock = await holdLock(database.ownerUrl, holder)
  const killed = migrate(database.ownerUrl).then(
    () => undefined,
    (error: Error) => error,
  )
  const { pid } = await eventually(async () => (await one(WAITING)) ?? false, { intervalMs: 10 })
  await client.query('select pg_terminate_backend($1)', [pid])
  expect(await killed).toBeInstanceOf(Error)
  await lock.release()
}

const LINES = `select count(*)::integer as lines from invoice_transaction where type = 'charge'`
const STAMPED = 'select count(*)::integer as lines from charge where invoice_id is not null'

test('killed within a slice, nothing of the slice is there, and the next migration does it', async () => {
  const lines = await one(LINES)
  await killWhereItWaits('lock table stamping_progress in exclusive mode')
  expect(await one(STAMPED)).toEqual({ lines: 0 })
  await migrate(database.ownerUrl)
  expect(await one(STAMPED)).toEqual(lines)
})

test('killed while it builds an index, the next migration builds that one anew, and not those before it', async () => {
  await killWhereItWaits('lock table credit in row exclusive mode')
  expect(await one(`select indisvalid from pg_index where indexrelid = 'credit_of_invoice'::regclass`)).toEqual({
    indisvalid: false,
  })
  const built = `select 'charge_of_invoice'::regclass::oid`
  const before = await one(built)
  const said: string[] = []
  await migrate(database.ownerUrl, { say: (line) => said.push(line) })
  expect(await one(built)).toEqual(before)
  expect(said.filter((line) => line.startsWith('building'))).toEqual([
    'building the index credit_of_invoice',
    'building the index credit_reversed_on',
    // Those of a later migration.
    'building the index account_key_start',
    'building the index account_name_start',
    'building the index account_name_parts',
  ])
  expect(await one('select from pg_index where not indisvalid')).toBeUndefined()
})
