import { type Static, Type } from 'typebox'
import { AccountId, Amount, Currency, Description, Note, Reference } from './formats.ts'

/**
 * The request for a credit. This schema validates the request in the API, describes it in OpenAPI, and validates the stored row in the
 * worker.
 */
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
