import { type Static, Type } from 'typebox'
import type { RecordedCharge } from '../../ledger/charges/record-charges.ts'
import { formatAmount } from '../../money.ts'
import type { ChargePlace, ChargeRow } from '../../reads/charges.ts'
import { AccountId, Amount, CalendarDate, Currency, Uuid } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'
import type { List } from '../paging.ts'
import { CHARGE_PLACE } from '../places.ts'
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

export const ChargeStatusName = Type.Enum(['pending', 'billed'])

/** A charge in a list, with what became of it. */
export const ListedChargeView = Type.Object(
  {
    ...ChargeView.properties,
    status: ChargeStatusName,
    invoiceId: Type.Union([Uuid, Type.Null()]),
    invoiceNumber: Type.Union([Type.Integer(), Type.Null()]),
  },
  { description: 'The charge', examples: [ANSWERS.listedCharge] },
)
export type ListedChargeView = Static<typeof ListedChargeView>

/** The charges of an account, as a list. */
export const CHARGES: List<ChargeRow, ChargePlace, ListedChargeView> = {
  present: (row) => ({
    ...presentCharge(row),
    status: row.invoice_id === null ? 'pending' : 'billed',
    invoiceId: row.invoice_id,
    invoiceNumber: row.invoice_number,
  }),
  format: CHARGE_PLACE,
  placeOf: ({ invoice_number, charged_on, id }) => ({ number: invoice_number ?? undefined, chargedOn: charged_on, id }),
}
