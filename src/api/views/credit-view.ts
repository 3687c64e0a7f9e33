import { type Static, Type } from 'typebox'
import { formatAmount, Money } from '../../money.ts'
import type { CreditRow } from '../../reads/credits.ts'
import { AccountId, Amount, Currency, Description, Name, Uuid } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'
import type { List } from '../paging.ts'
import { UUID_PLACE } from '../places.ts'
import { Sum } from './sum.ts'
import { Time } from './time.ts'

export const CreditStatusName = Type.Enum(['pending', 'deleted', 'issued', 'reversal_pending', 'reversed'])

export const CreditView = Type.Object(
  {
    creditId: Uuid,
    accountId: AccountId,
    accountName: Name,
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
    reversedOnInvoiceNumber: Type.Union([Type.Integer(), Type.Null()]),
    createdAt: Time,
  },
  { description: 'The credit', examples: [ANSWERS.credit] },
)
export type CreditView = Static<typeof CreditView>

export function presentCredit(row: CreditRow): CreditView {
  return {
    creditId: row.id,
    accountId: row.key,
    accountName: row.account_name,
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
    reversedOnInvoiceNumber: row.reversed_on_invoice_number,
    createdAt: row.created_at.toISOString(),
  }
}

/** Credits, as a list. */
export const CREDITS: List<CreditRow, string, CreditView> = {
  present: presentCredit,
  format: UUID_PLACE,
  placeOf: ({ id }) => id,
}
