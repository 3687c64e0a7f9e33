import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../db/open.ts'
import { invoiceNotFound, isInvoice } from './invoices.ts'
import type { Page } from './keyset.ts'
import { selectTransactions, type TransactionPlace, type TransactionRow } from './transactions.ts'

export type InvoiceTransactionRow = TransactionRow & {
  /** The date or time by which it is ordered, as Postgres writes it. */
  readonly place: string
  readonly currency: string
}

/** A page of the lines of an invoice, in their order. Throws a Refusal `invoice_not_found`. */
export async function listInvoiceTransactions(
  db: Db,
  { invoiceId, limit, after }: Page<TransactionPlace> & { readonly invoiceId: string },
): Promise<readonly InvoiceTransactionRow[]> {
  const { rows: invoices } = await sql<{ id: string; currency: string }>`
    select invoice.id, currency from invoice join account on account.id = account_id
    where ${isInvoice(invoiceId)}`.execute(db)
  if (!invoices[0]) throw invoiceNotFound(invoiceId)
  const { id, currency } = invoices[0]
  const select = selectTransactions(sql`${id}::uuid`, limit, after)
  const { rows } = await (select as RawBuilder<TransactionRow & { place: string }>).execute(db)
  return rows.map((row) => ({ ...row, currency }))
}
