import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate as stampCharges } from '../../migrations/0015-stamp-charges.ts'
import { migrate } from '../../src/db/migrate.ts'
import type { TestDatabase } from '../support/database.ts'
import { migrateBefore, openOldDatabase, readBooks, restore } from '../support/version-0013.ts'

let database: TestDatabase
let pool: pg.Pool
let db: Kysely<unknown>
beforeEach(async () => {
  database = await openOldDatabase()
  await restore(database.ownerUrl, await readBooks())
  pool = new pg.Pool({ connectionString: database.ownerUrl, max: 1 })
  // A pool says that it has ended before its connections are closed: dropping the database may still end one.
  pool.on('error', () => {})
  db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
})
afterEach(async () => {
  await pool.end()
  await database.drop()
})

/** Every charge, with the invoice that it stands on. */
const read = async (query: ReturnType<typeof sql<{ id: string; invoice_id: string | null }>>) =>
  (await query.execute(db)).rows.map(({ id, invoice_id }) => `${id} ${invoice_id}`)
const stood = () =>
  read(
    sql`select charge.id, line.invoice_id from charge left join invoice_transaction line on charge_id = charge.id order by 1`,
  )
const stamped = () => read(sql`select id, invoice_id from charge order by id`)

test('cut short again and again, it goes on where it was, and says how far that is', async () => {
  const before = await stood()
  await migrateBefore(database.ownerUrl, '0015')
  const said: string[] = []
  for (;;) {
    const sayAndDie = (line: string) => {
      said.push(line)
      if (/^(carried|counted)/.test(line)) throw new Error('cut short')
    }
    const cut = await db
      .connection()
      .execute((one) => stampCharges(one, sayAndDie, 5))
      .catch((error: Error) => error)
    if (!cut) break
    expect(cut).toEqual(new Error('cut short'))
  }
  for (const kind of ['carried', 'counted']) {
    const counts = said.filter((line) => line.startsWith(kind)).map((line) => Number(/\d+/.exec(line)?.[0]))
    expect(counts.length).toBeGreaterThan(4)
    expect(counts).toEqual(counts.toSorted((a, b) => a - b))
  }
  await migrate(database.ownerUrl)
  expect(await stamped()).toEqual(before)
})

test('several at once do no harm', async () => {
  const before = await stood()
  await Promise.all([migrate(database.ownerUrl), migrate(database.ownerUrl), migrate(database.ownerUrl)])
  expect(await stamped()).toEqual(before)
})

test('what a worker of the version before bills meanwhile is carried over', async () => {
  await migrateBefore(database.ownerUrl, '0015')
  const id = sql`'00000000-0000-7000-8000-000000000001'::uuid`
  // Account 5 has 30 of them; the invoice is written last.
  await db.transaction().execute(async (tx) => {
    await sql`
      with billed as (update charge set billed = true where account_id = 5 and not billed returning id, account_id, amount)
      insert into invoice_transaction (invoice_id, account_id, position, type, amount, charge_id)
      select ${id}, account_id, row_number() over (order by id), 'charge', amount, id from billed`.execute(tx)
    await sql`
      insert into invoice (id, account_id, number, bill_run_id, issued_on, due_on, payment_terms_days, total_charge, total, balance)
      select ${id}, 5, 1005, id, '2026-04-30', '2026-05-30', 30, 1, 1, 1 from bill_run order by id limit 1`.execute(tx)
  })
  const before = await stood()
  await migrate(database.ownerUrl)
  expect(await stamped()).toEqual(before)
  const { rows } = await sql<{ wrong: number }>`
    select count(*)::integer as wrong from invoice where transaction_count <> (select count(*) from charge where invoice_id = invoice.id)
      + (select count(*) from credit where credit.invoice_id = invoice.id) + (select count(*) from credit where reversed_on_invoice_id = invoice.id)`.execute(
    db,
  )
  expect(rows).toEqual([{ wrong: 0 }])
})
