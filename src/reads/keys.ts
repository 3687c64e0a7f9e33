import { type Selectable, sql } from 'kysely'
import type { Db } from '../db/open.ts'
import type { ApiKey } from '../db/schema.ts'
import { Refusal } from '../problems.ts'
import { keysetPage, type Page } from './keyset.ts'

/** A key without its hash. */
export type KeyRow = Omit<Selectable<ApiKey>, 'key_hash'>

const COLUMNS = sql`id, name, scopes, created_at, expires_at, revoked_at, last_used_at`

/** A page of the API keys, newest first. */
export async function listKeys(db: Db, page: Page<string>): Promise<readonly KeyRow[]> {
  const { rows } = await sql<KeyRow>`
    select ${COLUMNS} from api_key
    ${keysetPage({ order: { id: 'uuid' }, direction: 'desc', ...page })}`.execute(db)
  return rows
}

/** One key. Throws a Refusal `key_not_found`. */
export async function readKey(db: Db, id: string): Promise<KeyRow> {
  const { rows } = await sql<KeyRow>`
    select ${COLUMNS} from api_key where id = ${id}::uuid`.execute(db)
  const [key] = rows
  if (!key) throw new Refusal('key_not_found', `there is no API key ${id}`)
  return key
}
