import { type Static, Type } from 'typebox'
import { formatAmount } from '../../money.ts'
import type { DisbursementRow } from '../../reads/disbursements.ts'
import { Amount, Currency, Description, Name, Uuid } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'
import type { List } from '../paging.ts'
import { UUID_PLACE } from '../places.ts'
import { Time } from './time.ts'

export const DisbursementView = Type.Object(
  {
    disbursementId: Uuid,
    creditId: Uuid,
    creditReason: Description,
    invoiceId: Uuid,
    invoiceNumber: Type.Integer(),
    amount: Amount,
    currency: Currency,
    automatic: Type.Boolean({ description: 'Made by a bill run, not by hand' }),
    keyId: Type.Union([Uuid, Type.Null()], { description: 'The key that made it by hand' }),
    keyName: Type.Union([Name, Type.Null()]),
    createdAt: Time,
  },
  { description: 'A disbursement', examples: [ANSWERS.disbursement] },
)
export type DisbursementView = Static<typeof DisbursementView>

export function presentDisbursement(row: Omit<DisbursementRow, 'account_id'>): DisbursementView {
  return {
    disbursementId: row.id,
    creditId: row.credit_id,
    creditReason: row.credit_reason,
    invoiceId: row.invoice_id,
    invoiceNumber: row.number,
    amount: formatAmount(row.amount, row.currency),
    currency: row.currency,
    automatic: row.automatic,
    keyId: row.key_id,
    keyName: row.key_name,
    createdAt: row.created_at.toISOString(),
  }
}

/** Disbursements, as a list. */
export const DISBURSEMENTS: List<DisbursementRow, string, DisbursementView> = {
  present: presentDisbursement,
  format: UUID_PLACE,
  placeOf: ({ id }) => id,
}
