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

/** Lines that an invoice shows of itself, and in a list of invoices. Whoever wants all of them pages through them. */
export const MAX_LINES = 100
export const MAX_LINES_IN_LIST = 20

/** Where a line stands on its invoice: charges first, by date and then as they were recorded. `at` is a date or a time, as Postgres writes it. */
export type TransactionPlace = { readonly kind: EntryKind; readonly at: string; readonly id: string }

/** Each kind of entry: where it is, which column names its invoice, and what orders it. */
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
 * A select of an invoice's lines in their order, `limit` at most, after a place if one is given: each kind by its own index, so that it
 * costs what is shown of it. `invoice` is an expression for the invoice's id.
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

/** What charges are described by and credits given for, by their ids: how lines read that stand on no invoice yet. */
export async function readDescriptions(tx: Tx, sourceIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ id: string; text: string }>`
    select id, description as text from charge where id = any(${sourceIds}::uuid[])
    union all select id, reason from credit where id = any(${sourceIds}::uuid[])`.execute(tx)
  return new Map(rows.map(({ id, text }) => [id, text]))
}
