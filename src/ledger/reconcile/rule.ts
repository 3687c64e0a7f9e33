import { type RawBuilder, sql } from 'kysely'
import { ENTRY_KINDS, type EntryKind } from '../../billing/entries.ts'

/**
 * Something that must hold at all times (docs/domain.md), as a query for the rows that break it. The query trusts no constraint and no sum.
 */
export type Rule = {
  readonly name: string
  /** What must hold, in a sentence. */
  readonly description: string
  /** Whether it can be checked on the rows of one bill run, by indexes. */
  readonly ofRun: boolean
  /** A select with a row `what`, in words, for each violation. */
  readonly broken: (rows: Rows) => RawBuilder<{ what: string }>
}

/** The rows that a rule looks at: whole tables, or subqueries in their place. */
export type Rows = {
  readonly billRun: RawBuilder<unknown>
  readonly batch: RawBuilder<unknown>
  readonly batchTotal: RawBuilder<unknown>
  readonly invoice: RawBuilder<unknown>
  /** The entries of these invoices: `type`, `invoice_id`, `account_id`, `id` of the charge or credit, `amount`. */
  readonly entry: RawBuilder<unknown>
  /** The charges on these invoices, or all charges for the whole database. */
  readonly charge: RawBuilder<unknown>
  /** The credits attached to these invoices or reversed on them, or all credits for the whole database. */
  readonly credit: RawBuilder<unknown>
  readonly disbursementToInvoice: RawBuilder<unknown>
  readonly disbursementOfCredit: RawBuilder<unknown>
}

/** The table of each kind of entry, and the column that names its invoice. */
const SOURCES: Readonly<Record<EntryKind, { readonly table: string; readonly invoice: string }>> = {
  charge: { table: 'charge', invoice: 'invoice_id' },
  reversed_credit: { table: 'credit', invoice: 'reversed_on_invoice_id' },
  credit: { table: 'credit', invoice: 'invoice_id' },
}

/** The entries of all invoices, or of these. */
function entriesOf(invoices?: RawBuilder<unknown>): RawBuilder<unknown> {
  const parts = ENTRY_KINDS.map((kind) => {
    const { table, invoice } = SOURCES[kind]
    const which = invoices ? sql`in ${invoices}` : sql`is not null`
    return sql`select ${sql.lit(kind)} as type, ${sql.ref(invoice)} as invoice_id, account_id, id, amount
      from ${sql.table(table)} where ${sql.ref(invoice)} ${which}`
  })
  return sql`(${sql.join(parts, sql` union all `)})`
}

/** The rows of the whole database. */
export const EVERYTHING: Rows = {
  billRun: sql`bill_run`,
  batch: sql`bill_batch`,
  batchTotal: sql`bill_batch_total`,
  invoice: sql`invoice`,
  entry: entriesOf(),
  charge: sql`charge`,
  credit: sql`credit`,
  disbursementToInvoice: sql`disbursement`,
  disbursementOfCredit: sql`disbursement`,
}

/** The rows that one bill run wrote. */
export function rowsOfRun(billRunId: string): Rows {
  const invoices = sql`(select id from invoice where bill_run_id = ${billRunId}::uuid)`
  const credits = sql`(select id from credit where invoice_id in ${invoices}
    union select id from credit where reversed_on_invoice_id in ${invoices})`
  return {
    billRun: sql`(select * from bill_run where id = ${billRunId}::uuid)`,
    batch: sql`(select * from bill_batch where bill_run_id = ${billRunId}::uuid)`,
    batchTotal: sql`(select * from bill_batch_total where bill_run_id = ${billRunId}::uuid)`,
    invoice: sql`(select * from invoice where bill_run_id = ${billRunId}::uuid)`,
    entry: entriesOf(invoices),
    charge: sql`(select * from charge where invoice_id in ${invoices})`,
    credit: sql`(select * from credit where id in ${credits})`,
    disbursementToInvoice: sql`(select * from disbursement where invoice_id in ${invoices})`,
    disbursementOfCredit: sql`(select * from disbursement where credit_id in ${credits})`,
  }
}
