import { createHash, randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { newId } from '../../db/new-id.ts'
import type { Db, Tx } from '../../db/open.ts'
import { SESSION_IS_OPEN } from '../../db/session-is-open.ts'
import { Refusal } from '../../problems.ts'
import { noteKeyUse } from '../keys/api-keys.ts'

/** How long a session lasts at most. */
const MAX_HOURS = 12
const MAX_USER_AGENT = 300

/** A new session. The token is shown once: only its hash is stored. */
export type NewSession = { readonly id: string; readonly token: string; readonly expiresAt: Date }

/** Starts a session of an API key, for at most 12 hours. `userAgent`: how the browser names itself, cut to 300 characters. */
export async function startSession(tx: Tx, apiKeyId: string, userAgent: string | undefined): Promise<NewSession> {
  const token = randomBytes(32).toString('base64url')
  const { id, expires_at } = await tx
    .insertInto('session')
    .values({
      id: newId(),
      token_hash: hashToken(token),
      api_key_id: apiKeyId,
      expires_at: sql<Date>`now() + ${sql.lit(MAX_HOURS)} * interval '1 hour'`,
      user_agent: userAgent?.slice(0, MAX_USER_AGENT) ?? null,
    })
    .returning(['id', 'expires_at'])
    .executeTakeFirstOrThrow()
  return { id, token, expiresAt: expires_at }
}

/** Whose sessions may be ended: those of one key, or everybody's when undefined. */
export type SessionsOf = { readonly apiKeyId: string | undefined }

/** Ends a session at once. Throws a Refusal `session_not_found`, also when it is another key's. */
export async function endSession(tx: Tx, id: string, { apiKeyId }: SessionsOf): Promise<void> {
  const { numDeletedRows } = await tx
    .deleteFrom('session')
    .where('id', '=', id)
    .$if(apiKeyId !== undefined, (query) => query.where('api_key_id', '=', apiKeyId as string))
    .executeTakeFirstOrThrow()
  if (numDeletedRows === 0n) throw new Refusal('session_not_found', `there is no session ${id} that you may end`)
}

/** Whom a session's token stands for. */
export type SessionCaller = { readonly id: string; readonly scopes: readonly string[]; readonly sessionId: string }

/** Deletes the sessions that ended more than a day ago, so that what is there stays small. */
export async function deleteEndedSessions(db: Db): Promise<void> {
  await sql`delete from session where expires_at < now() - interval '1 day'`.execute(db)
}

/** Finds whom a token stands for, and notes, at most once a minute, that the session was used. Undefined when it has ended. */
export async function findSession(db: Db, token: string): Promise<SessionCaller | undefined> {
  const { rows } = await sql<SessionCaller & { readonly is_stale: boolean }>`
    select api_key.id, api_key.scopes, session.id as "sessionId",
      session.last_seen_at < now() - interval '1 minute' as is_stale
    from session join api_key on api_key.id = session.api_key_id
    where session.token_hash = ${hashToken(token)} and ${SESSION_IS_OPEN}
      and revoked_at is null and (api_key.expires_at is null or api_key.expires_at > now())`.execute(db)
  const [found] = rows
  if (!found) return undefined
  const { is_stale, ...caller } = found
  if (is_stale) {
    await db.updateTable('session').set({ last_seen_at: sql<Date>`now()` }).where('id', '=', caller.sessionId).execute()
    await noteKeyUse(db, caller.id)
  }
  return caller
}

/** A token has 256 random bits, so that no slow hash is needed. */
const hashToken = (token: string) => createHash('sha256').update(token).digest()
