import { type RawBuilder, sql } from 'kysely'
import { ENTRY_KINDS, type EntryKind } from '../billing/entries.ts'
import type { Tx } from '../db/open.ts'

type Sql = RawBuilder<unknown>

/** A line of an invoice: a charge, or a credit that is attached to it or reversed on it. */
export type TransactionRow = {
  readonly type: EntryKind
  readonly amount: string
  /** The charge's id, or the credit's. */
  readonly source_id: string
  /** A charge's description, or a credit's reason. */
  readonly description: string
}

/** How many lines an invoice shows, by itself and in a list of invoices. All lines can be read in pages. */
export const MAX_LINES = 100
export const MAX_LINES_IN_LIST = 20

/** The place of a line on its invoice: by kind, by date or time, by id. `at` is a date or a time, as Postgres writes it. */
export type TransactionPlace = { readonly kind: EntryKind; readonly at: string; readonly id: string }

/** For each kind of entry: its table, the column that names its invoice, the column that orders it, and the column with its text. */
const SOURCES: Readonly<
  Record<EntryKind, { table: string; invoice: string; at: string; atType: string; text: string }>
> = {
  charge: { table: 'charge', invoice: 'invoice_id', at: 'charged_on', atType: 'date', text: 'description' },
  reversed_credit: {
    table: 'credit',
    invoice: 'reversed_on_invoice_id',
    at: 'created_at',
    atType: 'timestamptz',
    text: 'reason',
  },
  credit: { table: 'credit', invoice: 'invoice_id', at: 'created_at', atType: 'timestamptz', text: 'reason' },
}

/**
 * Returns a select of at most `limit` lines of an invoice, in their order, from the start or after a place. Each kind is read by its own
 * index, so the cost depends only on the lines that are shown. `invoice` is an expression for the invoice's id.
 */
export function selectTransactions(invoice: Sql, limit: number, after?: TransactionPlace): Sql {
  const first = after === undefined ? 0 : ENTRY_KINDS.indexOf(after.kind)
  const parts = ENTRY_KINDS.slice(first).map((kind, index) => {
    const { table, invoice: column, at, atType, text } = SOURCES[kind]
    const from =
      after?.kind === kind
        ? sql`(${sql.ref(at)}, id) > (${after.at}::${sql.raw(atType)}, ${after.id}::uuid)`
        : sql`true`
    return sql`
      (select ${sql.lit(first + index)} as rank, ${sql.lit(kind)} as type, amount::text, id as source_id, ${sql.ref(text)} as description,
        ${sql.ref(at)}::timestamptz as at, ${sql.ref(at)}::text as place
      from ${sql.table(table)} where ${sql.ref(column)} = ${invoice} and ${from}
      order by ${sql.ref(column)}, ${sql.ref(at)}, id limit ${sql.lit(limit)})`
  })
  return sql`select * from (${sql.join(parts, sql` union all `)}) line order by rank, at, source_id limit ${sql.lit(limit)}`
}

/** The descriptions of charges and the reasons of credits, by their ids, for lines that are on no invoice yet. */
export async function readDescriptions(tx: Tx, sourceIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ id: string; text: string }>`
    select id, description as text from charge where id = any(${sourceIds}::uuid[])
    union all select id, reason from credit where id = any(${sourceIds}::uuid[])`.execute(tx)
  return new Map(rows.map(({ id, text }) => [id, text]))
}
