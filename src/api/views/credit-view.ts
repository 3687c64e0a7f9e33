import { type RawBuilder, sql } from 'kysely'
import { type Static, Type } from 'typebox'
import type { Db, Tx } from '../../db/open.ts'
import type { CreditStatus } from '../../db/schema.ts'
import { formatAmount, Money } from '../../money.ts'
import { AccountId, Amount, Currency, Description, Uuid } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'
import { Sum } from './sum.ts'
import { Time } from './time.ts'

export const CreditStatusName = Type.Enum(['pending', 'deleted', 'issued', 'reversal_pending', 'reversed'])

export const CreditView = Type.Object(
  {
    creditId: Uuid,
    accountId: AccountId,
    amount: Amount,
    currency: Currency,
    amountLeft: Sum('The amount less what has been disbursed of it'),
    status: CreditStatusName,
    reason: Description,
    note: Type.Union([Type.String(), Type.Null()]),
    reference: Type.Union([Type.String(), Type.Null()]),
    automaticDisbursement: Type.Boolean(),
    invoiceId: Type.Union([Uuid, Type.Null()], { description: 'The invoice that it is attached to' }),
    invoiceNumber: Type.Union([Type.Integer(), Type.Null()]),
    reversedOnInvoiceId: Type.Union([Uuid, Type.Null()]),
    createdAt: Time,
  },
  { description: 'The credit', examples: [ANSWERS.credit] },
)
export type CreditView = Static<typeof CreditView>

type Row = {
  id: string
  key: string
  currency: string
  amount: string
  disbursed: string
  status: CreditStatus
  reason: string
  note: string | null
  reference: string | null
  automatic_disbursement: boolean
  invoice_id: string | null
  invoice_number: number | null
  reversed_on_invoice_id: string | null
  created_at: Date
}

/**
 * Credits with their accounts and invoices. `which` says which, and in what order. The others are looked up for each row (`limit` keeps the
 * planner from joining): to merge 50 rows with a table that is in the same order may read half of the table.
 */
export async function readCredits(db: Db | Tx, which: RawBuilder<unknown>): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`
    select credit.*, account.key, account.currency, invoice.number as invoice_number
    from credit cross join lateral (select key, currency from account where id = credit.account_id limit 1) account
    left join lateral (select number from invoice where id = credit.invoice_id limit 1) invoice on true ${which}`.execute(
    db,
  )
  return rows
}

export function presentCredit(row: Row): CreditView {
  return {
    creditId: row.id,
    accountId: row.key,
    amount: formatAmount(row.amount, row.currency),
    currency: row.currency,
    amountLeft: formatAmount(new Money(row.amount).minus(row.disbursed), row.currency),
    status: row.status,
    reason: row.reason,
    note: row.note,
    reference: row.reference,
    automaticDisbursement: row.automatic_disbursement,
    invoiceId: row.invoice_id,
    invoiceNumber: row.invoice_number,
    reversedOnInvoiceId: row.reversed_on_invoice_id,
    createdAt: row.created_at.toISOString(),
  }
}
