import { type RawBuilder, sql } from 'kysely'
import type { Db, Tx } from '../db/open.ts'
import { Refusal } from '../problems.ts'
import { keysetPage, type Page } from './keyset.ts'
import { MAX_LINES, MAX_LINES_IN_LIST, selectTransactions, type TransactionRow } from './transactions.ts'

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
  /** The first lines. */
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

export type InvoiceFilter = {
  readonly accountId: number | undefined
  readonly billRunId: string | undefined
  readonly status: 'paid' | 'unpaid' | undefined
  readonly number: string | undefined
}

/** A page of invoices, newest first. */
export function listInvoices(
  db: Db,
  { accountId, billRunId, status, number, ...page }: Page<number> & InvoiceFilter,
): Promise<readonly InvoiceRow[]> {
  const ofAccount = accountId !== undefined
  const lead = ofAccount
    ? { column: 'invoice.account_id', type: 'bigint', value: accountId }
    : { column: 'bill_run_id', type: 'uuid', value: billRunId }
  const filters = [
    ...(status === undefined ? [] : [status === 'paid' ? sql`balance = 0` : sql`balance > 0`]),
    ...(ofAccount && billRunId !== undefined ? [sql`bill_run_id = ${billRunId}::uuid`] : []),
    ...(number === undefined ? [] : [sql`number = ${number}::bigint`]),
  ]
  const which = keysetPage({ lead, order: { number: 'bigint' }, direction: 'desc', filters, ...page })
  return selectInvoices(db, which, MAX_LINES_IN_LIST)
}

/** A page of an account's unpaid invoices, oldest due first. A place in the list is an invoice number; its due date is looked up. */
export function listUnpaidInvoices(
  db: Db,
  { accountId, after, limit }: Page<number> & { readonly accountId: number },
): Promise<readonly InvoiceRow[]> {
  const later =
    after === undefined
      ? sql`true`
      : sql`(due_on, number) > (select due_on, number from invoice where number = ${after}::bigint)`
  const which = sql`where account_id = ${accountId} and balance > 0 and ${later} order by due_on, number limit ${limit}`
  return selectInvoices(db, which, MAX_LINES_IN_LIST)
}

/** One invoice. Throws a Refusal `invoice_not_found`. */
export async function readInvoice(db: Db | Tx, invoiceId: string): Promise<InvoiceRow> {
  const [invoice] = await selectInvoices(db, sql`where invoice.id = ${invoiceId}::uuid`, MAX_LINES)
  if (!invoice) throw invoiceNotFound(invoiceId)
  return invoice
}

export const invoiceNotFound = (invoiceId: string) =>
  new Refusal('invoice_not_found', `there is no invoice ${invoiceId}`)

/**
 * Invoices with their accounts, at most `maxLines` of their lines, and their disbursements. `which` is the SQL after `from`. It is one
 * statement, so that all figures are of the same moment. Amounts are text, so that none becomes a float in JSON.
 */
async function selectInvoices(
  db: Db | Tx,
  which: RawBuilder<unknown>,
  maxLines: number,
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
