import { sql } from 'kysely'
import type { AccountState } from '../../billing/account-state.ts'
import type { Tx } from '../../db/open.ts'
import { pgArray } from '../../db/pg-array.ts'
import type { LockedAccount } from '../accounts/lock-accounts.ts'
import { sumPendingCharges } from '../charges/stamp-charges.ts'
import { readPending } from './read-pending.ts'

/** An account, and what is pending of it. */
export type AccountToPlan = { readonly account: LockedAccount; readonly state: AccountState }

/** Reads what a bill run of these accounts would decide on, in the order in which they were created. Takes no lock and stamps nothing. */
export async function readAccountStates(
  tx: Tx,
  ids: readonly number[],
  billDate: string,
): Promise<readonly AccountToPlan[]> {
  const { rows: accounts } = await sql<LockedAccount>`
    select id, key, currency, payment_terms_days from account
    where id = any(${pgArray(ids)}::bigint[]) order by id`.execute(tx)
  const charges = await sumPendingCharges(tx, ids, billDate)
  const states = await readPending(tx, accounts, charges)
  return accounts.map((account, index) => ({ account, state: states[index] as AccountState }))
}
