import { type Static, Type } from 'typebox'
import type { RecordedCharge } from '../../ledger/charges/record-charges.ts'
import { formatAmount } from '../../money.ts'
import { AccountId, Amount, CalendarDate, Currency, Uuid } from '../../requests/formats.ts'
import { Time } from './time.ts'

export const ChargeView = Type.Object({
  chargeId: Uuid,
  accountId: AccountId,
  amount: Amount,
  currency: Currency,
  description: Type.String(),
  chargedOn: CalendarDate,
  reference: Type.Union([Type.String(), Type.Null()]),
  createdAt: Time,
})
export type ChargeView = Static<typeof ChargeView>

export function presentCharge(row: RecordedCharge): ChargeView {
  return {
    chargeId: row.id,
    accountId: row.key,
    amount: formatAmount(row.amount, row.currency),
    currency: row.currency,
    description: row.description,
    chargedOn: row.charged_on,
    reference: row.reference,
    createdAt: row.created_at.toISOString(),
  }
}
