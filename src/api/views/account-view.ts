import { type Static, Type } from 'typebox'
import { formatAmount } from '../../money.ts'
import type { AccountRow } from '../../reads/accounts.ts'
import { AccountId, BillGroup, Currency, Name } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'
import type { List } from '../paging.ts'
import { NUMBER_PLACE } from '../places.ts'
import { Sum } from './sum.ts'
import { Time } from './time.ts'

export const AccountView = Type.Object(
  {
    accountId: AccountId,
    name: Name,
    currency: Currency,
    billGroup: BillGroup,
    paymentTermsDays: Type.Integer(),
    balance: Sum('What its invoices owe in all'),
    creditLeft: Sum('What its issued credits have left in all'),
    createdAt: Time,
  },
  { description: 'The account', examples: [ANSWERS.account] },
)
export type AccountView = Static<typeof AccountView>

export function presentAccount({ currency, ...row }: AccountRow): AccountView {
  return {
    accountId: row.key,
    name: row.name,
    currency,
    billGroup: row.bill_group,
    paymentTermsDays: row.payment_terms_days,
    balance: formatAmount(row.balance, currency),
    creditLeft: formatAmount(row.credit_left, currency),
    createdAt: row.created_at.toISOString(),
  }
}

/** Accounts, as a list. */
export const ACCOUNTS: List<AccountRow, number, AccountView> = {
  present: presentAccount,
  format: NUMBER_PLACE,
  placeOf: ({ id }) => id,
}
