import { type RawBuilder, sql } from 'kysely'
import { type Static, Type } from 'typebox'
import type { Db, Tx } from '../../db/open.ts'
import type { TransactionType } from '../../db/schema.ts'
import { AccountId, Amount, CalendarDate, Currency, Uuid } from '../../jobs/formats.ts'
import { formatAmount, Money } from '../../money.ts'
import { ANSWERS } from '../example-answers.ts'
import { type Page, pageOf } from '../paging.ts'
import { DisbursementView, presentDisbursement, readDisbursements } from './disbursement-view.ts'
import { Sum } from './sum.ts'

const TransactionView = Type.Object({
  type: Type.Enum(['charge', 'credit', 'reversed_credit']),
  amount: Amount,
  description: Type.String(),
  chargeId: Type.Optional(Uuid),
  creditId: Type.Optional(Uuid),
})
export type TransactionView = Static<typeof TransactionView>

export const InvoiceStatusName = Type.Enum(['paid', 'unpaid'])

const money = {
  currency: Currency,
  totalCharge: Sum('Its charges'),
  total: Sum('Its charges and reversed credits'),
  balance: Sum('The total less what was disbursed to it'),
  status: InvoiceStatusName,
  issuedOn: CalendarDate,
  dueOn: CalendarDate,
  transactions: Type.Array(TransactionView),
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
}
type TransactionRow = {
  invoice_id: string
  type: TransactionType
  amount: string
  charge_id: string | null
  credit_id: string | null
  description: string
}

/** Invoices with their accounts. `which` says which, and in what order. */
export async function readInvoices(db: Db | Tx, which: RawBuilder<unknown>): Promise<readonly InvoiceRow[]> {
  const { rows } = await sql<InvoiceRow>`
    select invoice.*, account.key, account.currency from invoice join account on account.id = invoice.account_id ${which}`.execute(
    db,
  )
  return rows
}

/** Presents invoices with their transactions and disbursements, read for all of them together. */
export async function presentInvoices(db: Db | Tx, invoices: readonly InvoiceRow[]): Promise<readonly InvoiceView[]> {
  const ids = invoices.map(({ id }) => id)
  const { rows: transactions } = await sql<TransactionRow>`
    select t.invoice_id, t.type, t.amount, t.charge_id, t.credit_id, coalesce(charge.description, credit.reason) as description
    from invoice_transaction t left join charge on charge.id = t.charge_id left join credit on credit.id = t.credit_id
    where t.invoice_id = any(${ids}::uuid[]) order by t.invoice_id, t.position`.execute(db)
  const disbursements = await readDisbursements(db, sql`where d.invoice_id = any(${ids}::uuid[]) order by d.id`)
  const transactionsOf = Map.groupBy(transactions, ({ invoice_id }) => invoice_id)
  const disbursementsOf = Map.groupBy(disbursements, ({ invoice_id }) => invoice_id)
  return invoices.map((invoice) => ({
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
    transactions: (transactionsOf.get(invoice.id) ?? []).map((row) => ({
      type: row.type,
      amount: formatAmount(row.amount, invoice.currency),
      description: describe(row.type, row.description),
      ...(row.charge_id === null ? {} : { chargeId: row.charge_id }),
      ...(row.credit_id === null ? {} : { creditId: row.credit_id }),
    })),
    disbursements: (disbursementsOf.get(invoice.id) ?? []).map(presentDisbursement),
  }))
}

/** A page of invoices: `which` says which, and in what order, their numbers mark the places. */
export async function invoicePage(db: Db, which: RawBuilder<unknown>, limit: number): Promise<Page<InvoiceView>> {
  const rows = await readInvoices(db, sql`${which} limit ${limit + 1}`)
  const page = pageOf(
    rows,
    limit,
    ({ number }) => number,
    (row) => row,
  )
  return { ...page, data: [...(await presentInvoices(db, page.data))] }
}

/** How a transaction reads on an invoice: a charge by its description, a credit by its reason. */
export function describe(type: TransactionType, text: string): string {
  return { charge: text, credit: `Credit: ${text}`, reversed_credit: `Reversed Credit: ${text}` }[type]
}
