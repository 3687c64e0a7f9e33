import { type Static, Type } from 'typebox'
import { SCOPES } from '../../ledger/keys/api-keys.ts'
import type { KeyRow } from '../../reads/keys.ts'
import { Name, Uuid } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'
import type { List } from '../paging.ts'
import { UUID_PLACE } from '../places.ts'
import { Time, TimeOrNull, timeOrNull } from './time.ts'

export const Scopes = Type.Array(Type.Enum([...SCOPES]), { minItems: 1, uniqueItems: true })

export const KeyView = Type.Object(
  {
    keyId: Uuid,
    name: Name,
    scopes: Scopes,
    createdAt: Time,
    expiresAt: TimeOrNull,
    revokedAt: TimeOrNull,
    lastUsedAt: Type.Union([Time, Type.Null()], { description: 'To the minute, also by sessions; null when never' }),
  },
  { description: 'An API key', examples: [ANSWERS.key] },
)
export type KeyView = Static<typeof KeyView>

export function presentKey(row: KeyRow): KeyView {
  return {
    keyId: row.id,
    name: row.name,
    scopes: row.scopes as KeyView['scopes'],
    createdAt: row.created_at.toISOString(),
    expiresAt: timeOrNull(row.expires_at),
    revokedAt: timeOrNull(row.revoked_at),
    lastUsedAt: timeOrNull(row.last_used_at),
  }
}

/** API keys, as a list. */
export const KEYS: List<KeyRow, string, KeyView> = {
  present: presentKey,
  format: UUID_PLACE,
  placeOf: ({ id }) => id,
}
