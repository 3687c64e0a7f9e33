import { Type } from 'typebox'
import { endSession, startSession } from '../../ledger/sessions/sessions.ts'
import { Refusal } from '../../problems.ts'
import { readKey } from '../../reads/keys.ts'
import { listSessions, readSession } from '../../reads/sessions.ts'
import { Name, Uuid } from '../../requests/formats.ts'
import type { Caller, Routes } from '../context.ts'
import { ANSWERS } from '../example-answers.ts'
import { handleWrite } from '../handle-write.ts'
import { listRoute } from '../list-route.ts'
import { answerPage } from '../paging.ts'
import { NoContent, problems, withIdempotencyKey } from '../view-responses.ts'
import { Scopes } from '../views/key-view.ts'
import { presentSession, SESSIONS, SessionView } from '../views/session-view.ts'
import { Time, TimeOrNull, timeOrNull } from '../views/time.ts'

export const StartedSession = Type.Object(
  {
    sessionId: Uuid,
    token: Type.Union([Type.String(), Type.Null()], {
      description: 'What the cookie `nightbill` carries. Null when the answer is a replay',
    }),
    expiresAt: Time,
  },
  { description: 'The session; its token is shown this once', examples: [ANSWERS.newSession] },
)

export const Me = Type.Object(
  {
    keyId: Uuid,
    name: Name,
    scopes: Scopes,
    expiresAt: TimeOrNull,
    sessionId: Type.Union([Uuid, Type.Null()], { description: 'The session that this came with, if any' }),
  },
  { description: 'The key that asks', examples: [ANSWERS.me] },
)

const SessionParams = Type.Object({
  sessionId: Type.Union([Uuid, Type.Literal('current')], { description: 'The id of a session, or `current`' }),
})

/** Whose sessions a caller may see and end: everybody's with a key that administers keys, else those of its own key. */
const ownerOf = ({ id, scopes }: Caller) => (scopes.includes('admin') ? undefined : id)

function idOf(sessionId: string, caller: Caller): string {
  if (sessionId !== 'current') return sessionId
  if (caller.sessionId === undefined)
    throw new Refusal('session_not_found', 'this request came with an API key, not with a session')
  return caller.sessionId
}

const postSession: Routes = (api, context) => {
  api.post('/v1/sessions', {
    config: { scope: 'any' },
    schema: {
      operationId: 'startSession',
      summary: 'Sign in: a session that stands for the key, for a browser',
      description:
        'Lasts 12 hours, an hour unused, and no longer than the key. Send the key itself: a session cannot make another.',
      tags: ['keys'],
      headers: withIdempotencyKey,
      response: { 201: StartedSession, ...problems() },
    },
    handler: (request, reply) =>
      handleWrite(context, request, reply, async (tx, { apiKeyId }) => {
        if (request.caller?.sessionId !== undefined)
          throw new Refusal('unauthenticated', 'send the API key itself: a session cannot make another')
        const { id, token, expiresAt } = await startSession(tx, apiKeyId, request.headers['user-agent'])
        const shown = { sessionId: id, expiresAt: expiresAt.toISOString() }
        const audit = { action: 'session.start', subject: id }
        return { status: 201, body: { ...shown, token }, storedBody: { ...shown, token: null }, audit }
      }),
  })
}

const getSessions: Routes = (api, { reads }) => {
  listRoute(api, {
    path: '/v1/sessions',
    scope: 'any',
    operationId: 'listSessions',
    summary: 'List the open sessions, newest first: of the own key, or of all with the scope admin',
    tag: 'keys',
    item: SessionView,
    answer: ({ query, caller }) =>
      answerPage(query, SESSIONS, (page) => listSessions(reads, { ...page, apiKeyId: ownerOf(caller) })),
  })
}

const getSession: Routes = (api, { reads }) => {
  api.get('/v1/sessions/:sessionId', {
    config: { scope: 'any' },
    schema: {
      operationId: 'getSession',
      summary: 'One open session',
      tags: ['keys'],
      params: SessionParams,
      response: { 200: SessionView, ...problems(404) },
    },
    handler: async ({ params, caller }) =>
      presentSession(await readSession(reads, idOf(params.sessionId, caller as Caller), ownerOf(caller as Caller))),
  })
}

const removeSession: Routes = (api, context) => {
  api.delete('/v1/sessions/:sessionId', {
    config: { scope: 'any' },
    schema: {
      operationId: 'endSession',
      summary: 'Sign out: end a session at once',
      tags: ['keys'],
      params: SessionParams,
      response: { ...NoContent, ...problems(404) },
    },
    handler: (request, reply) =>
      handleWrite(context, request, reply, async (tx) => {
        const caller = request.caller as Caller
        const subject = idOf(request.params.sessionId, caller)
        await endSession(tx, subject, { apiKeyId: ownerOf(caller) })
        return { status: 204, audit: { action: 'session.end', subject } }
      }),
  })
}

const getMe: Routes = (api, { reads }) => {
  api.get('/v1/me', {
    config: { scope: 'any' },
    schema: {
      operationId: 'getMe',
      summary: 'The key that asks, and what it may do',
      tags: ['keys'],
      response: { 200: Me, ...problems() },
    },
    handler: async (request) => {
      const { id, sessionId = null } = request.caller as Caller
      const { name, scopes, expires_at } = await readKey(reads, id)
      return { keyId: id, name, scopes: scopes as 'read'[], expiresAt: timeOrNull(expires_at), sessionId }
    },
  })
}

/** Sessions are for browsers: a cookie must not carry the key itself. */
export const sessionRoutes: Routes = (api, context) => {
  for (const route of [postSession, getSessions, getSession, removeSession, getMe]) route(api, context)
}
