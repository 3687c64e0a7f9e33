import { type Kysely, type RawBuilder, sql } from 'kysely'

type Db = Kysely<unknown>
type Say = (line: string) => void

/** How many lines of invoices one transaction handles, about. */
const MAX_LINES = 50_000

/**
 * Stamps every charge with the invoice that it stands on, and counts the lines of every invoice, in transactions of some 50,000 lines, each
 * of which says how far it has come: cut short, it goes on from there. The service may run meanwhile.
 */
export async function migrate(db: Db, tell: Say, lines = MAX_LINES): Promise<void> {
  const { rows } = await sql`select from invoice_transaction limit 1`.execute(db)
  // A new database has nothing to tell of.
  const say = rows.length === 0 ? () => {} : tell
  const about = await countRoughly(db)
  await inSlices(db, stampSlice, lines, (done) => say(`carried over ${progress(done, about)} lines of invoices`))
  await inSlices(db, countSlice, lines, (done) => say(`counted ${progress(done, about)} lines of invoices`))
  await proveCounted(db, say)
  await buildIndexes(db, say)
  await collectStatistics(db, say)
}

async function countRoughly(db: Db): Promise<number> {
  const { rows } = await sql<{ lines: string }>`
    select greatest(reltuples, 0)::bigint as lines from pg_class where oid = 'invoice_transaction'::regclass`.execute(
    db,
  )
  return Number(rows[0]?.lines)
}

const progress = (done: number, about: number) =>
  `${done.toLocaleString('en')} of about ${Math.max(about, done).toLocaleString('en')}`

/** Handles the next slice. Returns how many lines are done in all; undefined when there are no more. */
type Slice = (tx: Db, lines: number) => Promise<number | undefined>

async function inSlices(db: Db, slice: Slice, lines: number, tell: (done: number) => void): Promise<void> {
  for (;;) {
    const done = await db.transaction().execute(async (tx) => {
      // The planner cannot estimate a range of ids. By its guesses it reads the whole table for each slice, or compares every row of a
      // slice with every other. What is left to it is fast for any slice.
      await sql`set local enable_seqscan = off`.execute(tx)
      await sql`set local enable_nestloop = off`.execute(tx)
      return slice(tx, lines)
    })
    if (done === undefined) return
    tell(done)
  }
}

/** A range of charges, which are together on the disk. The charges of a range of invoices are all over the table. */
async function stampSlice(tx: Db, lines: number): Promise<number | undefined> {
  const range = await nextRange(tx, sql.ref('charge_id'), sql.ref('after_charge'), lines)
  if (range === undefined) return undefined
  await sql`
    update charge set invoice_id = line.invoice_id from invoice_transaction line
    where ${within(sql.ref('line.charge_id'), range)} and ${within(sql.ref('charge.id'), range)}
      and charge.id = line.charge_id and charge.account_id = line.account_id and charge.invoice_id is null`.execute(tx)
  return saveProgress(
    tx,
    sql`after_charge = ${range.end}::uuid, stamped = stamped + ${range.lines}`,
    sql.ref('stamped'),
  )
}

/** A range of invoices. The lines of one invoice are always in one slice. */
async function countSlice(tx: Db, lines: number): Promise<number | undefined> {
  const range = await nextRange(tx, sql.ref('invoice_id'), sql.ref('after_invoice'), lines)
  if (range === undefined) return undefined
  const { rows } = await sql<{ lines: string }>`
    with counted as (
      select invoice_id, count(*)::integer as lines from invoice_transaction
      where ${within(sql.ref('invoice_id'), range)} group by invoice_id),
    written as (
      update invoice set transaction_count = counted.lines from counted
      where invoice.id = counted.invoice_id and ${within(sql.ref('invoice.id'), range)})
    select sum(lines) as lines from counted`.execute(tx)
  const counted = Number(rows[0]?.lines)
  return saveProgress(tx, sql`after_invoice = ${range.end}::uuid, counted = counted + ${counted}`, sql.ref('counted'))
}

/** The ids after `start`, up to and including `end`. `lines` is how many lines were read to find `end`. */
type Range = { readonly start: string; readonly end: string; readonly lines: number }

const within = (column: RawBuilder<unknown>, { start, end }: Range) =>
  sql`${column} > ${start}::uuid and ${column} <= ${end}::uuid`

async function nextRange(
  tx: Db,
  column: RawBuilder<unknown>,
  after: RawBuilder<unknown>,
  lines: number,
): Promise<Range | undefined> {
  const { rows: starts } = await sql<{ start: string }>`select ${after} as start from stamping_progress`.execute(tx)
  const start = starts[0]?.start as string
  const { rows } = await sql<{ end: string; lines: number }>`
    select (array_agg(id))[count(*)] as "end", count(*)::integer as lines from (
      select ${column} as id from invoice_transaction where ${column} > ${start}::uuid order by 1 limit ${sql.lit(lines)}) next`.execute(
    tx,
  )
  const next = rows[0]
  return next?.lines ? { start, ...next } : undefined
}

/** Saves the progress. Returns the named count. */
async function saveProgress(tx: Db, changes: RawBuilder<unknown>, done: RawBuilder<unknown>): Promise<number> {
  const { rows } = await sql<{ done: string }>`
    update stamping_progress set ${changes} returning ${done} as done`.execute(tx)
  return Number(rows[0]?.done)
}

/** Reads every invoice beside the running service, so that 0016 need not do it under its locks. */
async function proveCounted(db: Db, say: Say): Promise<void> {
  say('checking that the lines of every invoice are counted')
  await sql`alter table invoice drop constraint if exists invoice_counted`.execute(db)
  await sql`alter table invoice add constraint invoice_counted check (transaction_count is not null) not valid`.execute(
    db,
  )
  await sql`alter table invoice validate constraint invoice_counted`.execute(db)
}

/**
 * Until autovacuum comes by, queries by the new columns would be planned by guesses. Not for a new installation: tables that are known to be
 * empty are read as a whole, also when they have been filled.
 */
async function collectStatistics(db: Db, say: Say): Promise<void> {
  const { rows } = await sql`select from stamping_progress where counted > 0`.execute(db)
  if (rows.length === 0) return
  say('collecting statistics')
  await sql`analyze charge, invoice`.execute(db)
}

const INDEXES = {
  charge_by_id: 'charge (id)',
  charge_to_bill: 'charge (account_id, charged_on) where invoice_id is null',
  // An invoice's charges, in their order on the invoice.
  charge_of_invoice: 'charge (invoice_id, charged_on, id) where invoice_id is not null',
  credit_of_invoice: 'credit (invoice_id, created_at, id) where invoice_id is not null',
  credit_reversed_on: 'credit (reversed_on_invoice_id, created_at, id) where reversed_on_invoice_id is not null',
} as const

/** Builds the indexes without locking out the service. They come after the stamping, which would have to maintain them. */
async function buildIndexes(db: Db, say: Say): Promise<void> {
  for (const [name, on] of Object.entries(INDEXES)) {
    if (await isBuilt(db, name)) continue
    const unique = name === 'charge_by_id' ? 'unique' : ''
    say(`building the index ${name}`)
    // An interrupted build leaves an invalid index.
    await sql.raw(`drop index concurrently if exists ${name}`).execute(db)
    await sql.raw(`create ${unique} index concurrently ${name} on ${on}`).execute(db)
  }
}

async function isBuilt(db: Db, name: string): Promise<boolean> {
  const { rows } = await sql`select from pg_index where indexrelid = to_regclass(${name}) and indisvalid`.execute(db)
  return rows.length > 0
}
