import { Type } from 'typebox'
import { Name, Uuid } from '../../jobs/formats.ts'
import { createKey, revokeKey, SCOPES } from '../../ledger/api-keys.ts'
import { carryOut } from '../carry-out.ts'
import type { Routes } from '../context.ts'
import { EXAMPLES } from '../examples.ts'
import { NoContent, problems, withIdempotencyKey } from '../view-responses.ts'
import { Time, TimeOrNull, timeOrNull } from '../views/time.ts'

const Scopes = Type.Array(Type.Enum([...SCOPES]), { minItems: 1, uniqueItems: true })
const KeyView = Type.Object({
  keyId: Uuid,
  name: Name,
  scopes: Scopes,
  createdAt: Time,
  expiresAt: TimeOrNull,
  revokedAt: TimeOrNull,
})

export const keyRoutes: Routes = (api, context) => {
  const { db } = context

  api.post('/v1/keys', {
    config: { scope: 'admin' },
    schema: {
      summary: 'Make an API key; it is shown this once',
      tags: ['keys'],
      headers: withIdempotencyKey,
      body: Type.Object(
        { name: Name, scopes: Scopes, expiresAt: Type.Optional(Time) },
        { additionalProperties: false, examples: [EXAMPLES.newKey] },
      ),
      response: {
        201: Type.Object({
          keyId: Uuid,
          key: Type.Union([Type.String(), Type.Null()], { description: 'Null when the answer is a replay' }),
        }),
        ...problems(),
      },
    },
    handler: (request, reply) =>
      carryOut(context, request, reply, async (tx) => {
        const { name, scopes, expiresAt } = request.body
        const { id, key } = await createKey(tx, name, scopes, expiresAt === undefined ? null : new Date(expiresAt))
        const audit = { action: 'key.create', subject: id }
        return { status: 201, body: { keyId: id, key }, storedBody: { keyId: id, key: null }, audit }
      }),
  })

  api.get('/v1/keys', {
    config: { scope: 'admin' },
    schema: {
      summary: 'List the API keys, newest first, without the keys themselves',
      tags: ['keys'],
      response: { 200: Type.Object({ data: Type.Array(KeyView), nextCursor: Type.Null() }), ...problems() },
    },
    handler: async () => {
      const rows = await db.selectFrom('api_key').selectAll().orderBy('id', 'desc').execute()
      const data = rows.map((row) => ({
        keyId: row.id,
        name: row.name,
        scopes: row.scopes as (typeof SCOPES)[number][],
        createdAt: row.created_at.toISOString(),
        expiresAt: timeOrNull(row.expires_at),
        revokedAt: timeOrNull(row.revoked_at),
      }))
      return { data, nextCursor: null }
    },
  })

  api.delete('/v1/keys/:keyId', {
    config: { scope: 'admin' },
    schema: {
      summary: 'Revoke an API key',
      tags: ['keys'],
      params: Type.Object({ keyId: Uuid }),
      response: { ...NoContent, ...problems(404) },
    },
    handler: (request, reply) =>
      carryOut(context, request, reply, async (tx) => {
        const { keyId } = request.params
        await revokeKey(tx, keyId)
        return { status: 204, audit: { action: 'key.revoke', subject: keyId } }
      }),
  })
}
