import { type Static, Type } from 'typebox'
import { ENTRIES, type EntryKind } from '../../billing/entries.ts'
import { formatAmount } from '../../money.ts'
import type { InvoiceTransactionRow } from '../../reads/invoice-transactions.ts'
import type { TransactionPlace, TransactionRow } from '../../reads/transactions.ts'
import { Amount, Currency, Uuid } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'
import type { List } from '../paging.ts'
import { TRANSACTION_PLACE } from '../places.ts'

export const TransactionView = Type.Object(
  {
    type: Type.Enum(['charge', 'credit', 'reversed_credit'] satisfies EntryKind[]),
    amount: Amount,
    currency: Currency,
    description: Type.String(),
    chargeId: Type.Optional(Uuid),
    creditId: Type.Optional(Uuid),
    creditReason: Type.Optional(Type.String({ description: 'What the credit was given for' })),
  },
  { examples: [ANSWERS.transaction] },
)
export type TransactionView = Static<typeof TransactionView>

/** How a line reads on an invoice: a charge by its description, a credit by its reason. */
export function presentTransaction(row: TransactionRow, currency: string): TransactionView {
  const { type, amount, source_id } = row
  return {
    type,
    amount: formatAmount(amount, currency),
    currency,
    description: `${ENTRIES[type].label}${row.description}`,
    ...(type === 'charge' ? { chargeId: source_id } : { creditId: source_id, creditReason: row.description }),
  }
}

/** The lines of an invoice, as a list. */
export const TRANSACTIONS: List<InvoiceTransactionRow, TransactionPlace, TransactionView> = {
  present: (row) => presentTransaction(row, row.currency),
  format: TRANSACTION_PLACE,
  placeOf: ({ type, place, source_id }) => ({ kind: type, at: place, id: source_id }),
}
