import { type Static, Type } from 'typebox'
import type { SessionRow } from '../../reads/sessions.ts'
import { Name, Uuid } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'
import type { List } from '../paging.ts'
import { UUID_PLACE } from '../places.ts'
import { Time } from './time.ts'

export const SessionView = Type.Object(
  {
    sessionId: Uuid,
    keyId: Uuid,
    keyName: Name,
    createdAt: Time,
    lastSeenAt: Time,
    expiresAt: Time,
    userAgent: Type.Union([Type.String(), Type.Null()], { description: 'How the browser names itself' }),
  },
  { description: 'A sign-in of a browser', examples: [ANSWERS.session] },
)
export type SessionView = Static<typeof SessionView>

export function presentSession(row: SessionRow): SessionView {
  return {
    sessionId: row.id,
    keyId: row.api_key_id,
    keyName: row.key_name,
    createdAt: row.created_at.toISOString(),
    lastSeenAt: row.last_seen_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    userAgent: row.user_agent,
  }
}

/** Sessions, as a list. */
export const SESSIONS: List<SessionRow, string, SessionView> = {
  present: presentSession,
  format: UUID_PLACE,
  placeOf: ({ id }) => id,
}
