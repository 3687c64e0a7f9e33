import { sql } from 'kysely'
import type { Tx } from '../../db/open.ts'
import { pgArray } from '../../db/pg-array.ts'

/** The columns of an account that a bill run needs. */
export type LockedAccount = {
  readonly id: number
  readonly key: string
  readonly currency: string
  readonly payment_terms_days: number
}

/**
 * Locks accounts in id order. Every script uses this order, so that there are no deadlocks. `for no key update` is used because a plain
 * `for update` would block inserts that refer to the account.
 */
export async function lockAccounts(tx: Tx, ids: readonly number[]): Promise<readonly LockedAccount[]> {
  const { rows } = await sql<LockedAccount>`
    select id, key, currency, payment_terms_days from account
    where id = any(${pgArray(ids)}::bigint[]) order by id for no key update`.execute(tx)
  return rows
}
