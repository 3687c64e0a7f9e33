import { type RawBuilder, sql } from 'kysely'
import type { PendingCharges } from '../../billing/account-state.ts'
import type { Db, Tx } from '../../db/open.ts'
import { pgArray } from '../../db/pg-array.ts'
import { unnest } from '../../db/unnest.ts'
import { Money } from '../../money.ts'

/** Sums by the internal id of the account. An account without a pending charge is not in it. */
export type ChargesByAccount = ReadonlyMap<number, PendingCharges>

type SumRow = { account_id: number; amount: string; count: number }

/**
 * Stamps the pending charges of accounts, up to the bill date, with the ids of their new invoices. Returns their sums and counts. The
 * charges themselves stay in the database, since an account may have any number of them. The caller has locked the accounts, so no other
 * bill run stamps the same charges.
 */
export async function stampCharges(
  tx: Tx,
  invoices: readonly { readonly accountId: number; readonly invoiceId: string }[],
  billDate: string,
): Promise<ChargesByAccount> {
  const planned = unnest(
    'planned',
    { account_id: 'bigint', invoice_id: 'uuid' },
    invoices.map(({ accountId, invoiceId }) => ({ account_id: accountId, invoice_id: invoiceId })),
  )
  return await sumsOf(
    tx,
    sql`
    with stamped as (
      update charge set invoice_id = planned.invoice_id from ${planned}
      where charge.account_id = planned.account_id and charge.invoice_id is null and charged_on <= ${billDate}::date
      returning charge.account_id, charge.amount
    )
    select account_id, sum(amount) as amount, count(*) as count from stamped group by account_id`,
  )
}

/** Returns what stampCharges would return, without stamping, for a preview. Takes no lock. */
export async function sumPendingCharges(
  db: Db | Tx,
  accountIds: readonly number[],
  billDate: string,
): Promise<ChargesByAccount> {
  return await sumsOf(
    db,
    sql`
    select account_id, sum(amount) as amount, count(*) as count from charge
    where account_id = any(${pgArray(accountIds)}::bigint[]) and invoice_id is null and charged_on <= ${billDate}::date
    group by account_id`,
  )
}

async function sumsOf(db: Db | Tx, query: RawBuilder<unknown>): Promise<ChargesByAccount> {
  const { rows } = await (query as RawBuilder<SumRow>).execute(db)
  return new Map(rows.map(({ account_id, amount, count }) => [account_id, { sum: new Money(amount), count }]))
}
