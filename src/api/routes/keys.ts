import { Type } from 'typebox'
import { createKey, revokeKey } from '../../ledger/keys/api-keys.ts'
import { listKeys } from '../../reads/keys.ts'
import { Name, Uuid } from '../../requests/formats.ts'
import { deleteRoute } from '../change-routes.ts'
import type { Routes } from '../context.ts'
import { ANSWERS } from '../example-answers.ts'
import { EXAMPLES } from '../examples.ts'
import { handleWrite } from '../handle-write.ts'
import { listRoute } from '../list-route.ts'
import { answerPage } from '../paging.ts'
import { problems, withIdempotencyKey } from '../view-responses.ts'
import { KEYS, KeyView, Scopes } from '../views/key-view.ts'
import { parseTime, Time } from '../views/time.ts'

export const NewKey = Type.Object(
  { name: Name, scopes: Scopes, expiresAt: Type.Optional(Time) },
  { additionalProperties: false, examples: [EXAMPLES.newKey] },
)
export const CreatedKey = Type.Object(
  {
    keyId: Uuid,
    key: Type.Union([Type.String(), Type.Null()], { description: 'Null when the answer is a replay' }),
  },
  { description: 'The key, shown this once', examples: [ANSWERS.newKey] },
)

const postKey: Routes = (api, context) => {
  api.post('/v1/keys', {
    config: { scope: 'admin' },
    schema: {
      operationId: 'createKey',
      summary: 'Make an API key; it is shown this once',
      tags: ['keys'],
      headers: withIdempotencyKey,
      body: NewKey,
      response: { 201: CreatedKey, ...problems() },
    },
    handler: (request, reply) =>
      handleWrite(context, request, reply, async (tx) => {
        const { name, scopes, expiresAt } = request.body
        const { id, key } = await createKey(tx, name, scopes, parseTime(expiresAt, '/expiresAt'))
        const audit = { action: 'key.create', subject: id }
        return { status: 201, body: { keyId: id, key }, storedBody: { keyId: id, key: null }, audit }
      }),
  })
}

const getKeys: Routes = (api, { reads }) => {
  listRoute(api, {
    path: '/v1/keys',
    scope: 'admin',
    operationId: 'listKeys',
    summary: 'List the API keys, newest first, without the keys themselves',
    tag: 'keys',
    item: KeyView,
    answer: ({ query }) => answerPage(query, KEYS, (page) => listKeys(reads, page)),
  })
}

const removeKey: Routes = (api, context) => {
  deleteRoute(api, context, {
    path: '/v1/keys/:keyId',
    params: Type.Object({ keyId: Uuid }),
    scope: 'admin',
    operationId: 'revokeKey',
    summary: 'Revoke an API key',
    tag: 'keys',
    action: 'key.revoke',
    refusals: [404],
    script: revokeKey,
  })
}

export const keyRoutes: Routes = (api, context) => {
  for (const route of [postKey, getKeys, removeKey]) route(api, context)
}
