import { type RawBuilder, sql } from 'kysely'
import type { Db, Tx } from '../db/open.ts'
import { SESSION_IS_OPEN } from '../db/session-is-open.ts'
import { Refusal } from '../problems.ts'
import { keysetPage, type Page } from './keyset.ts'

/** A session without its token's hash, with the name of its key. */
export type SessionRow = {
  readonly id: string
  readonly api_key_id: string
  readonly key_name: string
  readonly created_at: Date
  readonly last_seen_at: Date
  readonly expires_at: Date
  readonly user_agent: string | null
}

/** A page of the open sessions, newest first: of a key, or everybody's when it is undefined. */
export function listSessions(
  db: Db,
  { apiKeyId, ...page }: Page<string> & { readonly apiKeyId: string | undefined },
): Promise<readonly SessionRow[]> {
  const lead = { column: 'session.api_key_id', type: 'uuid', value: apiKeyId }
  const order = { 'session.id': 'uuid' }
  return selectSessions(db, keysetPage({ lead, order, direction: 'desc', filters: [SESSION_IS_OPEN], ...page }))
}

/** One open session, if it is the key's or the key is undefined. Throws a Refusal `session_not_found`. */
export async function readSession(db: Db | Tx, id: string, apiKeyId: string | undefined): Promise<SessionRow> {
  const own = apiKeyId === undefined ? sql`true` : sql`session.api_key_id = ${apiKeyId}::uuid`
  const [session] = await selectSessions(db, sql`where session.id = ${id}::uuid and ${own} and ${SESSION_IS_OPEN}`)
  if (!session) throw new Refusal('session_not_found', `there is no open session ${id} that you may see`)
  return session
}

async function selectSessions(db: Db | Tx, which: RawBuilder<unknown>): Promise<readonly SessionRow[]> {
  const { rows } = await sql<SessionRow>`
    select session.id, api_key_id, api_key.name as key_name, session.created_at, last_seen_at, session.expires_at, user_agent
    from session join api_key on api_key.id = api_key_id ${which}`.execute(db)
  return rows
}
