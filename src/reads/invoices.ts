import { type RawBuilder, sql } from 'kysely'
import type { Db, Tx } from '../db/open.ts'
import { MAX_LINES, selectTransactions, type TransactionRow } from './transactions.ts'

export type InvoiceRow = {
  readonly id: string
  readonly number: number
  readonly key: string
  readonly bill_run_id: string
  readonly currency: string
  readonly total_charge: string
  readonly total: string
  readonly balance: string
  readonly issued_on: string
  readonly due_on: string
  /** The first of them. */
  readonly transactions: readonly TransactionRow[]
  readonly transaction_count: number
  readonly disbursements: readonly InvoiceDisbursementRow[]
}
export type InvoiceDisbursementRow = {
  readonly id: string
  readonly credit_id: string
  readonly amount: string
  readonly automatic: boolean
  readonly created_at: string
}

/**
 * Invoices with their accounts, at most `maxLines` of their lines, and their disbursements. `which` says which, and in what order. One
 * statement, so that all figures are of one moment, with amounts as text, so that none becomes a float in JSON.
 */
export async function readInvoices(
  db: Db | Tx,
  which: RawBuilder<unknown>,
  maxLines = MAX_LINES,
): Promise<readonly InvoiceRow[]> {
  const { rows } = await sql<InvoiceRow>`
    select invoice.*, account.key, account.currency,
      (select coalesce(json_agg(json_build_object('type', type, 'amount', amount, 'source_id', source_id, 'description', description)
          order by rank, at, source_id), '[]')
        from (${selectTransactions(sql`invoice.id`, maxLines)}) lines) as transactions,
      (select coalesce(json_agg(json_build_object('id', d.id, 'credit_id', d.credit_id, 'amount', d.amount::text, 'automatic', d.automatic,
          'created_at', d.created_at) order by d.id), '[]')
        from disbursement d where d.invoice_id = invoice.id) as disbursements
    from invoice cross join lateral (select key, currency from account where id = invoice.account_id limit 1) account ${which}`.execute(
    db,
  )
  return rows
}
