import { type RawBuilder, sql } from 'kysely'

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
  /** Of these invoices. */
  readonly line: RawBuilder<unknown>
  /** Those on these invoices. */
  readonly charge: RawBuilder<unknown>
  /** Those attached to these invoices, or reversed on them. */
  readonly credit: RawBuilder<unknown>
  readonly lineOfCharge: RawBuilder<unknown>
  readonly lineOfCredit: RawBuilder<unknown>
  readonly disbursementToInvoice: RawBuilder<unknown>
  readonly disbursementOfCredit: RawBuilder<unknown>
}

/** The whole database. */
export const EVERYTHING: Rows = {
  billRun: sql`bill_run`,
  batch: sql`bill_batch`,
  batchTotal: sql`bill_batch_total`,
  invoice: sql`invoice`,
  line: sql`invoice_transaction`,
  charge: sql`charge`,
  credit: sql`credit`,
  lineOfCharge: sql`invoice_transaction`,
  lineOfCredit: sql`invoice_transaction`,
  disbursementToInvoice: sql`disbursement`,
  disbursementOfCredit: sql`disbursement`,
}

/** What one bill run wrote. */
export function rowsOfRun(billRunId: string): Rows {
  const invoices = sql`(select id from invoice where bill_run_id = ${billRunId}::uuid)`
  const charges = sql`(select charge_id from invoice_transaction where invoice_id in ${invoices})`
  const credits = sql`(select credit_id from invoice_transaction where invoice_id in ${invoices})`
  return {
    billRun: sql`(select * from bill_run where id = ${billRunId}::uuid)`,
    batch: sql`(select * from bill_batch where bill_run_id = ${billRunId}::uuid)`,
    batchTotal: sql`(select * from bill_batch_total where bill_run_id = ${billRunId}::uuid)`,
    invoice: sql`(select * from invoice where bill_run_id = ${billRunId}::uuid)`,
    line: sql`(select * from invoice_transaction where invoice_id in ${invoices})`,
    charge: sql`(select * from charge where id in ${charges})`,
    credit: sql`(select * from credit where id in ${credits})`,
    lineOfCharge: sql`(select * from invoice_transaction where charge_id in ${charges})`,
    lineOfCredit: sql`(select * from invoice_transaction where credit_id in ${credits})`,
    disbursementToInvoice: sql`(select * from disbursement where invoice_id in ${invoices})`,
    disbursementOfCredit: sql`(select * from disbursement where credit_id in ${credits})`,
  }
}
