import { type Kysely, sql } from 'kysely'

type Db = Kysely<unknown>
type Say = (line: string) => void

/** How many lines one transaction moves, about: the lines of one invoice are always in one transaction. */
const MAX_LINES = 50_000

/**
 * Stamps every charge with the invoice that it stands on, and counts the lines of every invoice, in transactions of some 50,000 lines, each
 * of which says how far it has come: cut short, it goes on from there. The service may run meanwhile.
 */
export async function migrate(db: Db, say: Say, lines = MAX_LINES): Promise<void> {
  await stampAll(db, say, lines)
  await buildIndexes(db, say)
}

async function stampAll(db: Db, say: Say, lines: number): Promise<void> {
  const { rows } = await sql<{ lines: number }>`
    select greatest(reltuples, 0)::integer as lines from pg_class where oid = 'invoice_transaction'::regclass`.execute(
    db,
  )
  const about = rows[0]?.lines ?? 0
  for (;;) {
    const done = await db.transaction().execute((tx) => stampSlice(tx, lines))
    if (done === undefined) return
    const count = (many: number) => many.toLocaleString('en')
    say(`carried over ${count(done)} of about ${count(Math.max(about, done))} lines of invoices`)
  }
}

/** Moves the next slice. Returns how many lines are moved in all; undefined when there are no more. */
async function stampSlice(tx: Db, lines: number): Promise<number | undefined> {
  const { rows: slice } = await sql<{ after: string; up_to: string | null }>`
    select after_invoice as after, (
      select max(invoice_id::text) from (
        select invoice_id from invoice_transaction where invoice_id > after_invoice order by invoice_id limit ${sql.lit(lines)}) next) as up_to
    from stamping_progress`.execute(tx)
  const { after, up_to } = slice[0] as (typeof slice)[number]
  if (up_to === null) return undefined
  await sql`
    update charge set invoice_id = line.invoice_id from invoice_transaction line
    where line.invoice_id > ${after}::uuid and line.invoice_id <= ${up_to}::uuid and line.type = 'charge'
      and charge.id = line.charge_id and charge.account_id = line.account_id and charge.invoice_id is null`.execute(tx)
  await sql`
    update invoice set transaction_count = counted.lines from (
      select invoice_id, count(*)::integer as lines from invoice_transaction
      where invoice_id > ${after}::uuid and invoice_id <= ${up_to}::uuid group by invoice_id) counted
    where invoice.id = counted.invoice_id`.execute(tx)
  const { rows } = await sql<{ done: string }>`
    update stamping_progress set after_invoice = ${up_to}::uuid, done = done + (
      select count(*) from invoice_transaction where invoice_id > ${after}::uuid and invoice_id <= ${up_to}::uuid)
    returning done`.execute(tx)
  return Number(rows[0]?.done)
}

const INDEXES = {
  charge_by_id: 'charge (id)',
  charge_to_bill: 'charge (account_id, charged_on) where invoice_id is null',
  credit_of_invoice: 'credit (invoice_id, created_at, id) where invoice_id is not null',
  credit_reversed_on: 'credit (reversed_on_invoice_id, created_at, id) where reversed_on_invoice_id is not null',
} as const

/** Builds the indexes without locking out the service. An interrupted build leaves an invalid index, so each one is dropped first. */
async function buildIndexes(db: Db, say: Say): Promise<void> {
  for (const [name, on] of Object.entries(INDEXES)) {
    const unique = name === 'charge_by_id' ? 'unique' : ''
    await sql.raw(`drop index if exists ${name}`).execute(db)
    await sql.raw(`create ${unique} index concurrently ${name} on ${on}`).execute(db)
    say(`built the index ${name}`)
  }
}
