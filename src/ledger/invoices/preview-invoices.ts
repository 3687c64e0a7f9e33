import { sql } from 'kysely'
import type { EntryKind } from '../../billing/entries.ts'
import { type InvoicePlan, planInvoice } from '../../billing/plan-invoice.ts'
import type { Tx } from '../../db/open.ts'
import { pgArray } from '../../db/pg-array.ts'
import { accountIdsOf } from '../accounts/find-accounts.ts'
import type { LockedAccount } from '../accounts/lock-accounts.ts'
import { readAccountStates } from './read-account-states.ts'

export type PreviewedLine = { readonly type: EntryKind; readonly amount: string; readonly sourceId: string }

export type PreviewedInvoice = {
  readonly account: LockedAccount
  readonly plan: InvoicePlan
  /** The first lines of the invoice. */
  readonly lines: readonly PreviewedLine[]
}

/**
 * Returns the invoices that a bill run of these accounts would make, with at most `maxLines` lines each, in the order in which the accounts
 * were created. It decides as the bill run does and writes nothing. The database adds up the charges, and only the shown ones are read, so
 * an account may have any number of them. Takes no lock. Throws a Refusal `account_not_found`.
 */
export async function previewInvoices(
  tx: Tx,
  accountKeys: readonly string[],
  billDate: string,
  maxLines = 100,
): Promise<readonly PreviewedInvoice[]> {
  const ids = await accountIdsOf(tx, accountKeys)
  const toPlan = await readAccountStates(tx, ids, billDate)
  const charged = toPlan.flatMap(({ account, state }) => (state.pending.charges.count > 0 ? [account.id] : []))
  const firstCharges = await readFirstCharges(tx, charged, billDate, maxLines)
  return toPlan.flatMap(({ account, state }) => {
    const plan = planInvoice(state, billDate)
    if (!plan) return []
    const { reversals, credits } = state.pending
    const lines = [
      ...(firstCharges.get(account.id) ?? []),
      ...reversals.map(({ id, amount }) => ({
        type: 'reversed_credit' as const,
        amount: amount.toFixed(),
        sourceId: id,
      })),
      ...credits.map(({ id, amount }) => ({ type: 'credit' as const, amount: amount.toFixed(), sourceId: id })),
    ]
    return [{ account, plan, lines: lines.slice(0, maxLines) }]
  })
}

type ChargeRow = { id: string; account_id: number; amount: string }

/** The first charges of each account's invoice. */
async function readFirstCharges(
  tx: Tx,
  accountIds: readonly number[],
  billDate: string,
  maxLines: number,
): Promise<ReadonlyMap<number, readonly PreviewedLine[]>> {
  const { rows } = await sql<ChargeRow>`
    select charge.id, charge.account_id, charge.amount from unnest(${pgArray(accountIds)}::bigint[]) as asked (id)
    cross join lateral (
      select id, account_id, charged_on, amount from charge
      where account_id = asked.id and invoice_id is null and charged_on <= ${billDate}::date
      order by charged_on, id limit ${sql.lit(maxLines)}) charge
    order by charge.account_id, charge.charged_on, charge.id`.execute(tx)
  const ofAccount = Map.groupBy(rows, ({ account_id }) => account_id)
  return new Map(
    Array.from(ofAccount, ([accountId, charges]) => [
      accountId,
      charges.map(({ id, amount }) => ({ type: 'charge' as const, amount, sourceId: id })),
    ]),
  )
}
