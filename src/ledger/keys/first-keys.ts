import { sql } from 'kysely'
import { newId } from '../../db/new-id.ts'
import type { Tx } from '../../db/open.ts'
import { BOOTSTRAP, createKey, hashKey, IN_FORCE, SCOPES } from './api-keys.ts'

/** The state of the key that BOOTSTRAP_API_KEY names. */
export type BootstrapKey = { readonly inForce: boolean; readonly scopes: readonly string[] }

/**
 * Stores the key of BOOTSTRAP_API_KEY, with every scope, and revokes earlier bootstrap keys. A key that is stored already stays as it is.
 * If it was revoked or has expired, it stays out of force, and then no other bootstrap key is revoked either.
 */
export async function keepBootstrapKey(tx: Tx, key: string): Promise<BootstrapKey> {
  await lockFirstKeys(tx)
  const hash = hashKey(key)
  await tx
    .insertInto('api_key')
    .values({ id: newId(), name: BOOTSTRAP, key_hash: hash, scopes: [...SCOPES] })
    .onConflict((conflict) => conflict.column('key_hash').doNothing())
    .execute()
  const kept = await tx
    .selectFrom('api_key')
    .select(['scopes', IN_FORCE.as('inForce')])
    .where('key_hash', '=', hash)
    .executeTakeFirstOrThrow()
  if (kept.inForce) {
    await tx
      .updateTable('api_key')
      .set({ revoked_at: sql`now()` })
      .where('name', '=', BOOTSTRAP)
      .where('revoked_at', 'is', null)
      .where('key_hash', '<>', hash)
      .execute()
  }
  return kept
}

/**
 * Creates a key with every scope when no key is in force, so that somebody can get in. Returns whether it did. `show` is called before
 * COMMIT: a key that was shown but not stored does no harm, since the next start shows another one. A key that was stored but not shown
 * would be lost.
 */
export async function makeFirstKey(tx: Tx, show: (key: string) => void): Promise<boolean> {
  await lockFirstKeys(tx)
  const inForce = await tx.selectFrom('api_key').select('id').where(IN_FORCE).limit(1).executeTakeFirst()
  if (inForce) return false
  show((await createKey(tx, 'first', SCOPES)).key)
  return true
}

/** Locks until COMMIT, because several processes may start at the same moment. */
async function lockFirstKeys(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('nightbill bootstrap key'))`.execute(tx)
}
