import { sql } from 'kysely'
import type { AccountState, CreditState, PendingCharge, UnpaidInvoice } from '../../billing/account-state.ts'
import type { Db, Tx } from '../../db/open.ts'
import { pgArray } from '../../db/pg-array.ts'
import { Money } from '../../money.ts'

/** An account as its bill run has locked it, or as a preview finds it. */
export type BilledAccount = {
  readonly id: number
  readonly key: string
  readonly currency: string
  readonly payment_terms_days: number
}

/** Charges as they are read: `id` is none where a row is the sum of several. */
export type ChargeRow = { id: string; account_id: number; amount: string }
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

type Collected = {
  charges: PendingCharge[]
  credits: CreditState[]
  reversals: CreditState[]
  carried: CreditState[]
  unpaid: UnpaidInvoice[]
}

/**
 * Reads what is pending on a batch of accounts as of a bill date, in three queries however many they are. The accounts are
 * locked by the caller if what is decided from it is to be written. `readCharges`: for a decision that needs no more of the charges than their sum.
 */
export async function readAccountStates(
  db: Db | Tx,
  accounts: readonly BilledAccount[],
  billDate: string,
  readCharges: typeof pendingCharges = pendingCharges,
): Promise<ReadonlyMap<number, AccountState>> {
  const collected = new Map<number, Collected>()
  for (const { id } of accounts) collected.set(id, { charges: [], credits: [], reversals: [], carried: [], unpaid: [] })
  const of = (accountId: number) => collected.get(accountId) as Collected

  const ids = pgArray(accounts.map(({ id }) => id))
  for (const row of await openCredits(db, ids)) {
    const account = of(row.account_id)
    const credits = { pending: account.credits, reversal_pending: account.reversals, issued: account.carried }[
      row.status
    ]
    credits.push(creditState(row))
  }
  // Only what an automatic credit could go to is worth reading.
  const disbursing = [...collected].filter(
    ([, { credits, carried }]) => carried.length > 0 || credits.some((c) => c.automatic),
  )
  if (disbursing.length > 0) {
    for (const row of await unpaidInvoices(db, pgArray(disbursing.map(([id]) => id)))) {
      of(row.account_id).unpaid.push({
        id: row.id,
        number: row.number,
        dueOn: row.due_on,
        balance: new Money(row.balance),
      })
    }
  }
  // Last, since they are by far the most: nothing waits with all of them in memory.
  for (const row of await readCharges(db, ids, billDate)) {
    of(row.account_id).charges.push({ id: row.id, amount: new Money(row.amount) })
  }

  return new Map(
    accounts.map(({ id, payment_terms_days }) => {
      const { charges, credits, reversals, carried, unpaid } = of(id)
      return [id, { paymentTermsDays: payment_terms_days, pending: { charges, credits, reversals }, carried, unpaid }]
    }),
  )
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

async function pendingCharges(db: Db | Tx, accountIds: string, billDate: string): Promise<readonly ChargeRow[]> {
  const { rows } = await sql<ChargeRow>`
    select id, account_id, amount from charge
    where account_id = any(${accountIds}::bigint[]) and not billed and charged_on <= ${billDate}::date
    order by account_id, charged_on, id`.execute(db)
  return rows
}

/** Two selects, each with the condition of its partial index, so that the accounts' older credits cost nothing. */
async function openCredits(db: Db | Tx, accountIds: string): Promise<readonly CreditRow[]> {
  const { rows } = await sql<CreditRow>`
    select id, account_id, amount, disbursed, status, automatic_disbursement, created_at from credit
    where account_id = any(${accountIds}::bigint[]) and status in ('pending', 'reversal_pending')
    union all
    select id, account_id, amount, disbursed, status, automatic_disbursement, created_at from credit
    where account_id = any(${accountIds}::bigint[])
      and status = 'issued' and automatic_disbursement and disbursed < amount
    order by created_at, id`.execute(db)
  return rows
}

async function unpaidInvoices(db: Db | Tx, accountIds: string): Promise<readonly InvoiceRow[]> {
  const { rows } = await sql<InvoiceRow>`
    select id, account_id, number, due_on, balance from invoice
    where account_id = any(${accountIds}::bigint[]) and balance > 0`.execute(db)
  return rows
}
