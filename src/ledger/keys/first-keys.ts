import { sql } from 'kysely'
import { newId } from '../../db/new-id.ts'
import type { Tx } from '../../db/open.ts'
import { BOOTSTRAP, createKey, hashKey, IN_FORCE, SCOPES } from './api-keys.ts'

/** What has become of the key that the environment names. */
export type BootstrapKey = { readonly inForce: boolean; readonly scopes: readonly string[] }

/**
 * Keeps the key that the environment names, and only that one, as the bootstrap key, with every scope. A key that is known already stays as it is: one
 * that was revoked or has expired is not in force, and then those of other environments are left alone.
 */
export async function keepBootstrapKey(tx: Tx, key: string): Promise<BootstrapKey> {
  await oneAtATime(tx)
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
 * Makes a key with every scope when none is in force, so that somebody can get in, and returns whether it did. `show` shows it, this once, before COMMIT:
 * a key that was shown and not kept does no harm, and the next start shows another, while one that was kept and not shown would be lost for good.
 */
export async function makeFirstKey(tx: Tx, show: (key: string) => void): Promise<boolean> {
  await oneAtATime(tx)
  const inForce = await tx.selectFrom('api_key').select('id').where(IN_FORCE).limit(1).executeTakeFirst()
  if (inForce) return false
  show((await createKey(tx, 'first', SCOPES)).key)
  return true
}

/** Until COMMIT: several processes may start at the same moment. */
async function oneAtATime(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('nightbill bootstrap key'))`.execute(tx)
}
