import { Type } from 'typebox'
import { createKey, revokeKey, SCOPES } from '../../ledger/keys/api-keys.ts'
import { Name, Uuid } from '../../requests/formats.ts'
import type { Routes } from '../context.ts'
import { ANSWERS } from '../example-answers.ts'
import { EXAMPLES } from '../examples.ts'
import { handleWrite } from '../handle-write.ts'
import { limitOf, PageOf, PageQuery, pageOf, uuidCursor } from '../paging.ts'
import { ReasonQuery } from '../reason.ts'
import { NoContent, problems, withIdempotencyKey } from '../view-responses.ts'
import { parseTime, Time, TimeOrNull, timeOrNull } from '../views/time.ts'

const Scopes = Type.Array(Type.Enum([...SCOPES]), { minItems: 1, uniqueItems: true })
const KeyView = Type.Object(
  {
    keyId: Uuid,
    name: Name,
    scopes: Scopes,
    createdAt: Time,
    expiresAt: TimeOrNull,
    revokedAt: TimeOrNull,
  },
  { description: 'An API key', examples: [ANSWERS.key] },
)

export const keyRoutes: Routes = (api, context) => {
  const { reads } = context

  api.post('/v1/keys', {
    config: { scope: 'admin' },
    schema: {
      operationId: 'createKey',
      summary: 'Make an API key; it is shown this once',
      tags: ['keys'],
      headers: withIdempotencyKey,
      body: Type.Object(
        { name: Name, scopes: Scopes, expiresAt: Type.Optional(Time) },
        { additionalProperties: false, examples: [EXAMPLES.newKey] },
      ),
      response: {
        201: Type.Object(
          {
            keyId: Uuid,
            key: Type.Union([Type.String(), Type.Null()], { description: 'Null when the answer is a replay' }),
          },
          { description: 'The key, shown this once', examples: [ANSWERS.newKey] },
        ),
        ...problems(),
      },
    },
    handler: (request, reply) =>
      handleWrite(context, request, reply, async (tx) => {
        const { name, scopes, expiresAt } = request.body
        const { id, key } = await createKey(
          tx,
          name,
          scopes,
          expiresAt === undefined ? null : parseTime(expiresAt, '/expiresAt'),
        )
        const audit = { action: 'key.create', subject: id }
        return { status: 201, body: { keyId: id, key }, storedBody: { keyId: id, key: null }, audit }
      }),
  })

  api.get('/v1/keys', {
    config: { scope: 'admin' },
    schema: {
      operationId: 'listKeys',
      summary: 'List the API keys, newest first, without the keys themselves',
      tags: ['keys'],
      querystring: Type.Object(PageQuery, { additionalProperties: false }),
      response: { 200: PageOf(KeyView), ...problems() },
    },
    handler: async ({ query }) => {
      const limit = limitOf(query)
      const before = uuidCursor(query.cursor)
      const rows = await reads
        .selectFrom('api_key')
        .selectAll()
        .$if(before !== undefined, (keys) => keys.where('id', '<', before as string))
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute()
      return pageOf(
        rows,
        limit,
        ({ id }) => id,
        (row) => ({
          keyId: row.id,
          name: row.name,
          scopes: row.scopes as (typeof SCOPES)[number][],
          createdAt: row.created_at.toISOString(),
          expiresAt: timeOrNull(row.expires_at),
          revokedAt: timeOrNull(row.revoked_at),
        }),
      )
    },
  })

  api.delete('/v1/keys/:keyId', {
    config: { scope: 'admin' },
    schema: {
      operationId: 'revokeKey',
      summary: 'Revoke an API key',
      tags: ['keys'],
      params: Type.Object({ keyId: Uuid }),
      querystring: ReasonQuery,
      response: { ...NoContent, ...problems(404) },
    },
    handler: (request, reply) =>
      handleWrite(context, request, reply, async (tx) => {
        const { keyId } = request.params
        await revokeKey(tx, keyId)
        return { status: 204, audit: { action: 'key.revoke', subject: keyId, reason: request.query.reason } }
      }),
  })
}
