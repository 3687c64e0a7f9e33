import { type RawBuilder, sql } from 'kysely'
import type { Db, Tx } from '../db/open.ts'
import { Refusal } from '../problems.ts'
import { CREDIT_AND_KEY } from './disbursements.ts'
import { keysetPage, type Page } from './keyset.ts'
import { MAX_LINES, MAX_LINES_IN_LIST, selectTransactions, type TransactionRow } from './transactions.ts'

export type InvoiceRow = {
  readonly id: string
  readonly number: number
  readonly account_id: number
  readonly key: string
  readonly account_name: string
  readonly bill_run_id: string
  readonly currency: string
  readonly total_charge: string
  readonly total: string
  readonly balance: string
  readonly issued_on: string
  readonly due_on: string
  /** How many days ago it was due, if it is unpaid. */
  readonly overdue_days: number
  readonly run_name: string | null
  readonly run_schedule: string | null
  readonly run_bill_date: string
  /** The first lines. */
  readonly transactions: readonly TransactionRow[]
  readonly transaction_count: number
  readonly disbursements: readonly InvoiceDisbursementRow[]
}
export type InvoiceDisbursementRow = {
  readonly id: string
  readonly credit_id: string
  readonly credit_reason: string
  readonly key_id: string | null
  readonly key_name: string | null
  readonly amount: string
  readonly automatic: boolean
  readonly created_at: string
}

export type InvoiceFilter = {
  readonly accountId: number | undefined
  readonly billRunId: string | undefined
  readonly status: 'paid' | 'unpaid' | 'overdue' | undefined
  readonly number: string | undefined
}

/** A page of invoices, newest first. Overdue ones, unless of one run, come oldest due first. A place in the list is an invoice number. */
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
    ...(status === 'overdue' ? [sql`due_on < current_date`] : []),
    ...(ofAccount && billRunId !== undefined ? [sql`bill_run_id = ${billRunId}::uuid`] : []),
    ...(number === undefined ? [] : [sql`number = ${number}::bigint`]),
  ]
  const { after } = page
  const which =
    status === 'overdue' && billRunId === undefined
      ? keysetPage({
          lead,
          order: { due_on: 'date', number: 'bigint' },
          direction: 'asc',
          filters,
          ...page,
          after:
            after === undefined
              ? undefined
              : [sql`(select due_on from invoice where number = ${after}::bigint)`, after],
          until: sql`(current_date - 1)`,
        })
      : keysetPage({ lead, order: { number: 'bigint' }, direction: 'desc', filters, ...page })
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

/** One invoice, by its id or its number. Throws a Refusal `invoice_not_found`. */
export async function readInvoice(db: Db | Tx, idOrNumber: string): Promise<InvoiceRow> {
  const [invoice] = await selectInvoices(db, sql`where ${isInvoice(idOrNumber)}`, MAX_LINES)
  if (!invoice) throw invoiceNotFound(idOrNumber)
  return invoice
}

/** The condition on `invoice` that it has this id, or this number. */
export const isInvoice = (idOrNumber: string) =>
  idOrNumber.includes('-') ? sql`invoice.id = ${idOrNumber}::uuid` : sql`invoice.number = ${idOrNumber}::bigint`

/** The numbers of the invoices of the same account before and after an invoice. */
export async function readNeighbours(db: Db, { account_id, number }: InvoiceRow): Promise<InvoiceNeighbours> {
  const { rows } = await sql<InvoiceNeighbours>`
    select (select number from invoice where account_id = ${account_id} and number < ${number} order by number desc limit 1) as previous,
      (select number from invoice where account_id = ${account_id} and number > ${number} order by number limit 1) as next`.execute(
    db,
  )
  return rows[0] as InvoiceNeighbours
}
export type InvoiceNeighbours = { readonly previous: number | null; readonly next: number | null }

export const invoiceNotFound = (idOrNumber: string) =>
  new Refusal('invoice_not_found', `there is no invoice ${idOrNumber}`)

/**
 * Invoices with their accounts and bill runs, at most `maxLines` of their lines, and their disbursements. `which` is the SQL after `from`.
 * It is one statement, so that all figures are of the same moment. Amounts are text, so that none becomes a float in JSON.
 */
async function selectInvoices(
  db: Db | Tx,
  which: RawBuilder<unknown>,
  maxLines: number,
): Promise<readonly InvoiceRow[]> {
  const { rows } = await sql<InvoiceRow>`
    select invoice.*, account.key, account.account_name, account.currency, run.run_name, run.run_schedule, run.run_bill_date,
      case when balance > 0 then greatest(current_date - due_on, 0) else 0 end as overdue_days,
      (select coalesce(json_agg(json_build_object('type', type, 'amount', amount, 'source_id', source_id, 'description', description)
          order by rank, at, source_id), '[]')
        from (${selectTransactions(sql`invoice.id`, maxLines)}) lines) as transactions,
      (select coalesce(json_agg(json_build_object('id', d.id, 'credit_id', d.credit_id, 'amount', d.amount::text, 'automatic', d.automatic,
          'created_at', d.created_at, 'credit_reason', credit_reason, 'key_id', key_id, 'key_name', key_name) order by d.id), '[]')
        from (select d.*, ${CREDIT_AND_KEY.columns} from disbursement d ${CREDIT_AND_KEY.joins} where d.invoice_id = invoice.id) d) as disbursements
    from invoice
    cross join lateral (select key, name as account_name, currency from account where id = invoice.account_id limit 1) account
    cross join lateral (
      select name as run_name, schedule_name as run_schedule, bill_date as run_bill_date from bill_run where id = invoice.bill_run_id limit 1) run
    ${which}`.execute(db)
  return rows
}
