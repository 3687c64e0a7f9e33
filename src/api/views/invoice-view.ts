import { type Static, Type } from 'typebox'
import { formatAmount, Money } from '../../money.ts'
import type { InvoiceNeighbours, InvoiceRow } from '../../reads/invoices.ts'
import { MAX_LINES, MAX_LINES_IN_LIST } from '../../reads/transactions.ts'
import { AccountId, Amount, CalendarDate, Currency, Name, Uuid } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'
import type { List } from '../paging.ts'
import { NUMBER_PLACE } from '../places.ts'
import { DisbursementView, presentDisbursement } from './disbursement-view.ts'
import { Sum } from './sum.ts'
import { presentTransaction, TransactionView } from './transaction-view.ts'

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
    accountName: Name,
    billRunId: Uuid,
    billRun: Type.Object({
      name: Type.Union([Type.String(), Type.Null()]),
      schedule: Type.Union([Type.String(), Type.Null()], { description: 'The schedule that proposed it' }),
      billDate: CalendarDate,
    }),
    ...money,
    overdueDays: Type.Integer({ minimum: 0, description: 'How many days ago it was due, in UTC; 0 if it is paid' }),
    disbursements: Type.Array(DisbursementView),
  },
  { description: 'The invoice', examples: [ANSWERS.invoice] },
)
export type InvoiceView = Static<typeof InvoiceView>

/** One invoice, among those of its account. */
export const OneInvoiceView = Type.Object(
  {
    ...InvoiceView.properties,
    previousNumber: Type.Union([Type.Integer(), Type.Null()], { description: "The account's invoice before it" }),
    nextNumber: Type.Union([Type.Integer(), Type.Null()], { description: "The account's invoice after it" }),
  },
  { description: 'The invoice', examples: [ANSWERS.oneInvoice] },
)
export type OneInvoiceView = Static<typeof OneInvoiceView>

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

/** Presents an invoice as it was read: nothing more is read of the database, which would be of another moment. */
export function presentInvoice(invoice: InvoiceRow): InvoiceView {
  return {
    invoiceId: invoice.id,
    number: invoice.number,
    accountId: invoice.key,
    accountName: invoice.account_name,
    billRunId: invoice.bill_run_id,
    billRun: { name: invoice.run_name, schedule: invoice.run_schedule, billDate: invoice.run_bill_date },
    currency: invoice.currency,
    totalCharge: formatAmount(invoice.total_charge, invoice.currency),
    total: formatAmount(invoice.total, invoice.currency),
    balance: formatAmount(invoice.balance, invoice.currency),
    status: new Money(invoice.balance).isZero() ? 'paid' : 'unpaid',
    issuedOn: invoice.issued_on,
    dueOn: invoice.due_on,
    overdueDays: invoice.overdue_days,
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

export const presentOneInvoice = (invoice: InvoiceRow, { previous, next }: InvoiceNeighbours): OneInvoiceView => ({
  ...presentInvoice(invoice),
  previousNumber: previous,
  nextNumber: next,
})

/** Invoices in a list, whose numbers mark the places. */
export const INVOICES: List<InvoiceRow, number, InvoiceView> = {
  present: presentInvoice,
  format: NUMBER_PLACE,
  placeOf: ({ number }) => number,
}
