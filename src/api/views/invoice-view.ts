import { type RawBuilder, sql } from 'kysely'
import { type Static, Type } from 'typebox'
import type { Db, Tx } from '../../db/open.ts'
import { formatAmount, Money } from '../../money.ts'
import { AccountId, Amount, CalendarDate, Currency, Uuid } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'
import { type Page, pageOf } from '../paging.ts'
import { DisbursementView, presentDisbursement } from './disbursement-view.ts'
import { Sum } from './sum.ts'
import {
  MAX_LINES,
  MAX_LINES_IN_LIST,
  presentTransaction,
  type TransactionRow,
  TransactionView,
} from './transaction-view.ts'

export const InvoiceStatusName = Type.Enum(['paid', 'unpaid'])

const money = {
  currency: Currency,
  totalCharge: Sum('Its charges'),
  total: Sum('Its charges and reversed credits'),
  balance: Sum('The total less what was disbursed to it'),
  status: InvoiceStatusName,
  issuedOn: CalendarDate,
  dueOn: CalendarDate,
  transactions: Type.Array(TransactionView, {
    description: `The first ${MAX_LINES}, or ${MAX_LINES_IN_LIST} of each invoice in a list; GET /v1/invoices/{invoiceId}/transactions pages through all`,
  }),
  transactionCount: Type.Integer({ description: 'How many there are in all' }),
}

export const InvoiceView = Type.Object(
  {
    invoiceId: Uuid,
    number: Type.Integer(),
    accountId: AccountId,
    billRunId: Uuid,
    ...money,
    disbursements: Type.Array(DisbursementView),
  },
  { description: 'The invoice', examples: [ANSWERS.invoice] },
)
export type InvoiceView = Static<typeof InvoiceView>

/** An invoice as it would be made: it has no id and no number yet. */
export const PreviewedInvoiceView = Type.Object({
  accountId: AccountId,
  ...money,
  disbursements: Type.Array(
    Type.Object({
      creditId: Uuid,
      invoiceId: Type.Union([Uuid, Type.Null()], { description: 'The invoice that it goes to, null for this new one' }),
      amount: Amount,
      automatic: Type.Boolean(),
    }),
  ),
})
export type PreviewedInvoiceView = Static<typeof PreviewedInvoiceView>

type InvoiceRow = {
  id: string
  number: number
  key: string
  bill_run_id: string
  currency: string
  total_charge: string
  total: string
  balance: string
  issued_on: string
  due_on: string
  transactions: readonly TransactionRow[]
  transaction_count: number
  disbursements: readonly DisbursementRow[]
}
type DisbursementRow = {
  id: string
  credit_id: string
  amount: string
  automatic: boolean
  created_at: string
}

/**
 * Invoices with their accounts, their first transactions and their disbursements. `which` says which, and in what order. One statement, so that all
 * figures are of one moment, with amounts as text, so that none becomes a float in JSON.
 */
export async function readInvoices(
  db: Db | Tx,
  which: RawBuilder<unknown>,
  maxLines = MAX_LINES,
): Promise<readonly InvoiceRow[]> {
  const { rows } = await sql<InvoiceRow>`
    select invoice.*, account.key, account.currency,
      (select coalesce(json_agg(json_build_object('type', t.type, 'amount', t.amount::text, 'charge_id', t.charge_id, 'credit_id', t.credit_id,
          'description', coalesce(charge.description, credit.reason)) order by t.position), '[]')
        from (select * from invoice_transaction where invoice_id = invoice.id order by position limit ${sql.lit(maxLines)}) t
          left join charge on charge.id = t.charge_id left join credit on credit.id = t.credit_id) as transactions,
      -- Positions count up from 1 without a gap: the last one is their number, and one step in the index.
      (select coalesce(max(position), 0) from invoice_transaction where invoice_id = invoice.id) as transaction_count,
      (select coalesce(json_agg(json_build_object('id', d.id, 'credit_id', d.credit_id, 'amount', d.amount::text, 'automatic', d.automatic,
          'created_at', d.created_at) order by d.id), '[]')
        from disbursement d where d.invoice_id = invoice.id) as disbursements
    from invoice cross join lateral (select key, currency from account where id = invoice.account_id limit 1) account ${which}`.execute(
    db,
  )
  return rows
}

/** Presents an invoice as it was read: nothing more is read of the database, which would be of another moment. */
export function presentInvoice(invoice: InvoiceRow): InvoiceView {
  return {
    invoiceId: invoice.id,
    number: invoice.number,
    accountId: invoice.key,
    billRunId: invoice.bill_run_id,
    currency: invoice.currency,
    totalCharge: formatAmount(invoice.total_charge, invoice.currency),
    total: formatAmount(invoice.total, invoice.currency),
    balance: formatAmount(invoice.balance, invoice.currency),
    status: new Money(invoice.balance).isZero() ? 'paid' : 'unpaid',
    issuedOn: invoice.issued_on,
    dueOn: invoice.due_on,
    transactions: invoice.transactions.map((row) => presentTransaction(row, invoice.currency)),
    transactionCount: invoice.transaction_count,
    disbursements: invoice.disbursements.map((row) =>
      presentDisbursement({
        ...row,
        invoice_id: invoice.id,
        number: invoice.number,
        currency: invoice.currency,
        created_at: new Date(row.created_at),
      }),
    ),
  }
}

/** A page of invoices: `which` says which, and in what order, their numbers mark the places. */
export async function invoicePage(db: Db, which: RawBuilder<unknown>, limit: number): Promise<Page<InvoiceView>> {
  const rows = await readInvoices(db, sql`${which} limit ${limit + 1}`, MAX_LINES_IN_LIST)
  return pageOf(rows, limit, ({ number }) => number, presentInvoice)
}
