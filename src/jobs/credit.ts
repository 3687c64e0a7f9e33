import { type Static, Type } from 'typebox'
import { defineJob, PATIENTLY } from './define-job.ts'
import { AccountId, Amount, Currency, Description, Note, Reference, Uuid } from './formats.ts'

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

/** Record an accepted credit; the account's next bill run attaches it to the new invoice. */
export const creditJob = defineJob({
  name: 'credit',
  payload: Type.Object({ v: Type.Literal(1), jobId: Uuid }, { additionalProperties: false }),
  idOf: ({ jobId }) => jobId,
  retry: PATIENTLY,
})
