import { type Static, Type } from 'typebox'
import { AccountId, Amount, Currency, Description, Note, Reference } from './formats.ts'

/** What is asked for when a credit is given. This one schema checks the request, describes it, and checks the stored row again. */
export const CreditRequest = Type.Object(
  {
    accountId: AccountId,
    amount: Amount,
    currency: Type.Optional(Currency),
    reason: Description,
    note: Type.Optional(Note),
    reference: Type.Optional(Reference),
    automaticDisbursement: Type.Optional(
      Type.Boolean({ default: true, description: 'Disburse it to unpaid invoices by itself' }),
    ),
  },
  { additionalProperties: false },
)
export type CreditRequest = Static<typeof CreditRequest>
