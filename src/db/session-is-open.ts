import { sql } from 'kysely'

/** How long a session lasts unused. */
const MAX_IDLE_MINUTES = 60

/** The condition for a session that has neither expired nor been unused for too long. Its key must be in force besides. */
export const SESSION_IS_OPEN = sql<boolean>`(session.expires_at > now()
  and session.last_seen_at > now() - ${sql.lit(MAX_IDLE_MINUTES)} * interval '1 minute')`
