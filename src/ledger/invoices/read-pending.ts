import { sql } from 'kysely'
import type { AccountState, CreditState, UnpaidInvoice } from '../../billing/account-state.ts'
import type { Db, Tx } from '../../db/open.ts'
import { pgArray } from '../../db/pg-array.ts'
import { Money, ZERO } from '../../money.ts'
import type { LockedAccount } from '../accounts/lock-accounts.ts'
import type { ChargesByAccount } from '../charges/stamp-charges.ts'

type CreditRow = {
  id: string
  account_id: number
  amount: string
  disbursed: string
  status: 'pending' | 'reversal_pending' | 'issued'
  automatic_disbursement: boolean
  created_at: Date
}
type InvoiceRow = { id: string; account_id: number; number: number; due_on: string; balance: string }

type Credits = { pending: CreditState[]; reversal_pending: CreditState[]; issued: CreditState[] }

const NO_CHARGES = { sum: ZERO, count: 0 } as const
const NO_CREDITS: Readonly<Credits> = { pending: [], reversal_pending: [], issued: [] }
const NO_INVOICES: readonly UnpaidInvoice[] = []

/**
 * Reads the pending credits and unpaid invoices of a batch of accounts, in two queries. Returns the state of each account, with the given
 * charges. The caller locks the accounts first if it writes what it decides.
 */
export async function readPending(
  db: Db | Tx,
  accounts: readonly LockedAccount[],
  charges: ChargesByAccount,
): Promise<readonly AccountState[]> {
  const credits = await readOpenCredits(
    db,
    accounts.map(({ id }) => id),
  )
  // Unpaid invoices matter only to accounts with a credit that may be disbursed automatically.
  const disbursing = [...credits].filter(
    ([, { pending, issued }]) => issued.length > 0 || pending.some(({ automatic }) => automatic),
  )
  const unpaid = await readUnpaidInvoices(
    db,
    disbursing.map(([id]) => id),
  )
  return accounts.map(({ id, payment_terms_days }) => {
    const { pending, reversal_pending, issued } = credits.get(id) ?? NO_CREDITS
    return {
      paymentTermsDays: payment_terms_days,
      pending: { charges: charges.get(id) ?? NO_CHARGES, credits: pending, reversals: reversal_pending },
      carried: issued,
      unpaid: unpaid.get(id) ?? NO_INVOICES,
    }
  })
}

/** Each of the two selects has the condition of a partial index, so that credits which are used up cost nothing. */
async function readOpenCredits(db: Db | Tx, accountIds: readonly number[]): Promise<ReadonlyMap<number, Credits>> {
  const ids = pgArray(accountIds)
  const { rows } = await sql<CreditRow>`
    select id, account_id, amount, disbursed, status, automatic_disbursement, created_at from credit
    where account_id = any(${ids}::bigint[]) and status in ('pending', 'reversal_pending')
    union all
    select id, account_id, amount, disbursed, status, automatic_disbursement, created_at from credit
    where account_id = any(${ids}::bigint[]) and status = 'issued' and automatic_disbursement and disbursed < amount
    order by created_at, id`.execute(db)
  const credits = new Map<number, Credits>()
  for (const row of rows) {
    const of = credits.get(row.account_id) ?? { pending: [], reversal_pending: [], issued: [] }
    of[row.status].push(creditState(row))
    credits.set(row.account_id, of)
  }
  return credits
}

function creditState(row: CreditRow): CreditState {
  const amount = new Money(row.amount)
  return {
    id: row.id,
    amount,
    left: row.disbursed === '0' ? amount : amount.minus(row.disbursed),
    automatic: row.automatic_disbursement,
    createdAt: row.created_at.getTime(),
  }
}

async function readUnpaidInvoices(
  db: Db | Tx,
  accountIds: readonly number[],
): Promise<ReadonlyMap<number, readonly UnpaidInvoice[]>> {
  if (accountIds.length === 0) return new Map()
  const { rows } = await sql<InvoiceRow>`
    select id, account_id, number, due_on, balance from invoice
    where account_id = any(${pgArray(accountIds)}::bigint[]) and balance > 0`.execute(db)
  const unpaid = new Map<number, UnpaidInvoice[]>()
  for (const { id, account_id, number, due_on, balance } of rows) {
    const of = unpaid.get(account_id) ?? []
    of.push({ id, number, dueOn: due_on, balance: new Money(balance) })
    unpaid.set(account_id, of)
  }
  return unpaid
}
