import { type RawBuilder, sql } from 'kysely'
import { ENTRY_KINDS, type EntryKind } from '../../billing/entries.ts'

/** Something that must hold at all times (docs/domain.md), as a query for what breaks it. It trusts no constraint and no stored sum. */
export type Rule = {
  readonly name: string
  /** What must hold, in a sentence. */
  readonly description: string
  /** Whether it can be asked of one bill run's rows alone, by indexes. */
  readonly ofRun: boolean
  /** Gives a row `what` in words for each thing that breaks the rule. */
  readonly broken: (rows: Rows) => RawBuilder<{ what: string }>
}

/** Which rows a rule looks at: tables, or selections from them that stand in their place. */
export type Rows = {
  readonly billRun: RawBuilder<unknown>
  readonly batch: RawBuilder<unknown>
  readonly batchTotal: RawBuilder<unknown>
  readonly invoice: RawBuilder<unknown>
  /** What stands on these invoices: `type`, `invoice_id`, `account_id`, `id` of the charge or credit, `amount`. */
  readonly entry: RawBuilder<unknown>
  /** Those on these invoices; all, where the whole database is looked at. */
  readonly charge: RawBuilder<unknown>
  /** Those attached to these invoices, or reversed on them; all, where the whole database is looked at. */
  readonly credit: RawBuilder<unknown>
  readonly disbursementToInvoice: RawBuilder<unknown>
  readonly disbursementOfCredit: RawBuilder<unknown>
}

/** Where each kind of entry is. */
const SOURCES: Readonly<Record<EntryKind, { readonly table: string; readonly invoice: string }>> = {
  charge: { table: 'charge', invoice: 'invoice_id' },
  reversed_credit: { table: 'credit', invoice: 'reversed_on_invoice_id' },
  credit: { table: 'credit', invoice: 'invoice_id' },
}

/** Everything that stands on invoices, or on these alone. */
function entriesOf(invoices?: RawBuilder<unknown>): RawBuilder<unknown> {
  const parts = ENTRY_KINDS.map((kind) => {
    const { table, invoice } = SOURCES[kind]
    const which = invoices ? sql`in ${invoices}` : sql`is not null`
    return sql`select ${sql.lit(kind)} as type, ${sql.ref(invoice)} as invoice_id, account_id, id, amount
      from ${sql.table(table)} where ${sql.ref(invoice)} ${which}`
  })
  return sql`(${sql.join(parts, sql` union all `)})`
}

/** The whole database. */
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

/** What one bill run wrote. */
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
