import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate } from '../../src/db/migrate.ts'
import type { TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { migrateBefore, openOldDatabase, readBooks, restore } from '../support/version-0013.ts'

let database: TestDatabase
let worker: pg.Client
let onlooker: pg.Client
beforeEach(async () => {
  database = await openOldDatabase()
  await restore(database.ownerUrl, await readBooks())
  worker = new pg.Client({ connectionString: database.ownerUrl })
  onlooker = new pg.Client({ connectionString: database.ownerUrl })
  await Promise.all([worker.connect(), onlooker.connect()])
})
afterEach(async () => {
  await Promise.all([worker.end(), onlooker.end()])
  await database.drop()
})

const migratorWaits = () =>
  eventually(
    async () => {
      const { rows } = await onlooker.query(
        `select from pg_locks join pg_stat_activity using (pid) where not granted and application_name = 'nightbill migrate' and datname = current_database()`,
      )
      return rows.length > 0
    },
    { intervalMs: 10 },
  )

/** What a batch of the version before does, in its order: reads credits, unpaid invoices and charges, then writes lines and the invoice. */
const READS = [
  'select from credit where account_id = 5',
  'select from invoice where account_id = 5',
  'select from charge where account_id = 5',
]
const WRITES = [
  `update charge set billed = true where id = (select id from charge where account_id = 5 and not billed order by id limit 1)`,
  `insert into invoice_transaction (invoice_id, account_id, position, type, amount, charge_id)
    select '00000000-0000-7000-8000-000000000001', account_id, 1, 'charge', amount, id from charge
    where id not in (select charge_id from invoice_transaction where charge_id is not null) and billed`,
  'update credit set disbursed = disbursed where account_id = 5',
  'update invoice set balance = balance where account_id = 5',
  `insert into invoice (id, account_id, number, bill_run_id, issued_on, due_on, payment_terms_days, total_charge, total, balance)
    select '00000000-0000-7000-8000-000000000001', 5, 1001, id, '2026-04-30', '2026-05-30', 30, 1, 1, 1 from bill_run order by id limit 1`,
]

/** Begins the batch, lets the migration come to wait for it after `reads` of its reads, and goes on to the end. */
async function billBehind(migration: Promise<void>, reads: number): Promise<void> {
  migration.catch(() => {}) // its failure is awaited below
  await migratorWaits()
  for (const statement of [...READS.slice(reads), ...WRITES, 'commit']) await worker.query(statement)
  await migration
}

test.each([1, 2, 3])(
  'a batch under way after %i of its reads, and the first step, do not stop each other',
  async (reads) => {
    await worker.query('begin')
    for (const statement of READS.slice(0, reads)) await worker.query(statement)
    await billBehind(migrateBefore(database.ownerUrl, '0015'), reads)
    await migrate(database.ownerUrl)
    const { rows } = await onlooker.query('select from charge where invoice_id = $1', [
      '00000000-0000-7000-8000-000000000001',
    ])
    expect(rows).toHaveLength(1)
  },
)

test.each([1, 2, 3])(
  'a batch under way after %i of its reads, and the last step, do not stop each other',
  async (reads) => {
    await migrateBefore(database.ownerUrl, '0016')
    await worker.query('begin')
    for (const statement of READS.slice(0, reads)) await worker.query(statement)
    await billBehind(migrate(database.ownerUrl), reads)
    const { rows } = await onlooker.query('select transaction_count from invoice where number = 1001')
    expect(rows).toEqual([{ transaction_count: 1 }])
  },
)

test('a reader who goes the other way about, into a deadlock, is no reason to give up', async () => {
  await worker.query('begin')
  await worker.query('select from charge')
  const migration = migrate(database.ownerUrl)
  migration.catch(() => {}) // its failure is awaited below
  await migratorWaits()
  // Whichever of the two has waited for longer is ended: the reader, where the machine is slow.
  await worker.query('select from credit').catch(() => {})
  await worker.query('rollback')
  await migration
  expect((await onlooker.query('select from charge where invoice_id is not null')).rows).not.toEqual([])
})
