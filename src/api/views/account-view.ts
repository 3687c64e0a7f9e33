import { type RawBuilder, sql } from 'kysely'
import { type Static, Type } from 'typebox'
import type { Db, Tx } from '../../db/open.ts'
import { formatAmount } from '../../money.ts'
import { AccountId, BillGroup, Currency, Name } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'
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

type Row = {
  id: number
  key: string
  name: string
  currency: string
  bill_group: string
  payment_terms_days: number
  created_at: Date
  balance: string
  credit_left: string
}

/** Accounts with what they owe and have left. `which` says which, and in what order. */
export async function readAccounts(db: Db | Tx, which: RawBuilder<unknown>): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`
    select account.*,
      coalesce((select sum(balance) from invoice where account_id = account.id and balance > 0), 0) as balance,
      coalesce((select sum(amount - disbursed) from credit where account_id = account.id and status in ('issued', 'reversal_pending')), 0) as credit_left
    from account ${which}`.execute(db)
  return rows
}

export function presentAccount(row: Row): AccountView {
  return {
    accountId: row.key,
    name: row.name,
    currency: row.currency,
    billGroup: row.bill_group,
    paymentTermsDays: row.payment_terms_days,
    balance: formatAmount(row.balance, row.currency),
    creditLeft: formatAmount(row.credit_left, row.currency),
    createdAt: row.created_at.toISOString(),
  }
}
