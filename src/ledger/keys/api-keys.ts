import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { sql } from 'kysely'
import { newId } from '../../db/new-id.ts'
import type { Db, Tx } from '../../db/open.ts'
import { Refusal } from '../../problems.ts'

export const SCOPES = ['enqueue', 'read', 'operate', 'admin'] as const

/** The name of the key of BOOTSTRAP_API_KEY. */
export const BOOTSTRAP = 'bootstrap'

/** A new key in clear. It is shown only once, because only its hash is stored. */
export type NewKey = { readonly id: string; readonly key: string }

/**
 * The hash of a key. A key has 256 random bits, so SHA-256 is enough: it can be neither guessed nor reversed, and no slow hash is needed.
 */
export function hashKey(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

/**
 * Creates an API key with these scopes, which expires at `expiresAt`, if ever. Throws a Refusal `invalid_request` for the bootstrap key's
 * name.
 */
export async function createKey(
  db: Db | Tx,
  name: string,
  scopes: readonly string[],
  expiresAt: Date | null = null,
): Promise<NewKey> {
  if (name === BOOTSTRAP) {
    const message = 'must be another: bootstrap is the key of BOOTSTRAP_API_KEY, which is revoked when that changes'
    throw new Refusal('invalid_request', `the name ${message}`, [{ pointer: '/name', message }])
  }
  const key = `nb_${randomBytes(32).toString('base64url')}`
  const id = newId()
  await db
    .insertInto('api_key')
    .values({ id, name, key_hash: hashKey(key), scopes: [...scopes], expires_at: expiresAt })
    .execute()
  return { id, key }
}

/** The condition for a key that is neither revoked nor expired. */
export const IN_FORCE = sql<boolean>`revoked_at is null and (expires_at is null or expires_at > now())`

/**
 * Notes that a key was used, at most once a minute. It never waits for a lock, and a failure is of no consequence: whoever calls is served.
 */
export async function noteKeyUse(db: Db, id: string): Promise<void> {
  const noted = sql`
    update api_key set last_used_at = now() where id = (
      select id from api_key where id = ${id}::uuid and ${USE_IS_OLD} for no key update skip locked)`.execute(db)
  await noted.catch(() => {})
}

/** The condition for a key whose last use was noted more than a minute ago, or never. */
const USE_IS_OLD = sql<boolean>`(last_used_at is null or last_used_at < now() - interval '1 minute')`

/** Finds a key that is in force. The answer is the same for an unknown, a revoked and an expired key: undefined. */
export async function findKey(
  db: Db,
  key: string,
): Promise<{ readonly id: string; readonly scopes: readonly string[] } | undefined> {
  const hash = hashKey(key)
  const row = await db
    .selectFrom('api_key')
    .select(['id', 'scopes', 'key_hash', USE_IS_OLD.as('useIsOld')])
    .where('key_hash', '=', hash)
    .where(IN_FORCE)
    .executeTakeFirst()
  if (!row || !timingSafeEqual(row.key_hash, hash)) return undefined
  if (row.useIsOld) await noteKeyUse(db, row.id)
  return { id: row.id, scopes: row.scopes }
}

/** The ids of those of these keys that are in force. */
export async function keysInForce(db: Db, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db.selectFrom('api_key').select('id').where('id', 'in', ids).where(IN_FORCE).execute()
  return new Set(rows.map(({ id }) => id))
}

/** Revokes a key at once. Throws a Refusal `key_not_found`. */
export async function revokeKey(tx: Tx, id: string): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('api_key')
    .set((eb) => ({ revoked_at: eb.fn.coalesce('revoked_at', sql<Date>`now()`) }))
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) throw new Refusal('key_not_found', `there is no API key ${id}`)
}
