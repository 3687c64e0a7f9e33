import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { openApiClient } from '../client/api-client.ts'
import { isApiError } from '../client/api-error.ts'
import type { Config } from '../config.ts'
import { sessionCookieName } from '../session-cookie.ts'
import { IN_PROCESS_URL, inProcessFetch } from './in-process.ts'
import { putNotice, takeNotice } from './notice-cookie.ts'
import { isOwnPage } from './own-page.ts'
import { errorPage } from './pages/error.ts'
import { layout } from './parts/layout.ts'
import { readPreferences } from './preferences.ts'
import type { Answer, PageHandler, PageRoutes, PageScope, Visit } from './visit.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a key must allow to see a page of the console, or to post its form. */
    pageScope?: PageScope
  }
}

/** A client of the API for one browser's request. It tries once: a person who waits would rather be told. */
export function clientOf(app: FastifyInstance, request: FastifyRequest, apiKey?: string) {
  return openApiClient({ baseUrl: IN_PROCESS_URL, apiKey, maxAttempts: 1, fetch: inProcessFetch(app, request) })
}

/** Registers pages that need a signed-in person. */
export function pageRoutes(scope: FastifyInstance, config: Config): PageRoutes {
  const closing = new AbortController()
  scope.addHook('preClose', async () => closing.abort())
  const route = (method: 'GET' | 'POST') => (path: string, pageScope: PageScope, handler: PageHandler) => {
    scope.route({
      method,
      url: path,
      // Who may see it is found by asking the API, which limits the key's requests too.
      config: { isPublic: true, rateLimit: false, pageScope },
      schema: { hide: true },
      handler: async (request, reply) => {
        if (request.cookies[sessionCookieName(config)] === undefined) return askToSignIn(request, reply)
        const client = clientOf(scope, request)
        const isFromElsewhere = method === 'POST' && !isOwnPage(request)
        let visit: Visit | undefined
        try {
          const me = await client.getMe()
          visit = visitOf({ request, reply, config, client, me, closing: closing.signal })
          if (isFromElsewhere) return send(visit, notOwnPage(visit))
          const answer = visit.may(pageScope) ? await handler(visit) : missingScope(visit, pageScope)
          return send(visit, answer)
        } catch (error) {
          if (isApiError(error) && error.status === 401) return askToSignIn(request, reply)
          if (!visit || !isApiError(error)) throw error
          return send(visit, errorPage(visit, error))
        }
      },
    })
  }
  return { get: route('GET'), post: route('POST') }
}

type Given = Pick<Visit, 'request' | 'reply' | 'config' | 'client' | 'me' | 'closing'>

function visitOf({ request, me, ...given }: Given): Visit {
  const url = new URL(request.url, IN_PROCESS_URL)
  const { scopes } = me
  return {
    ...given,
    request,
    me,
    may: (scope) => scopes.includes(scope) || (scope === 'read' && scopes.includes('operate')),
    url,
    params: request.params as Readonly<Record<string, string>>,
    query: url.searchParams,
    form: fieldsOf(request.body),
    preferences: readPreferences(request.cookies),
    now: new Date(),
  }
}

const fieldsOf = (body: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries((body ?? {}) as Record<string, string | readonly string[]>).map(([name, value]) => [
      name,
      [value].flat().at(-1) ?? '',
    ]),
  )

function send(visit: Visit, answer: Answer): FastifyReply {
  const { reply } = visit
  if (answer.kind === 'answered') return reply
  if (answer.kind === 'redirect') {
    if (answer.notice) putNotice(reply, answer.notice)
    return reply.redirect(answer.to, 303)
  }
  reply.type('text/html; charset=utf-8')
  if (answer.kind === 'fragment') return reply.send(String(answer.body))
  return reply.code(answer.status ?? 200).send(String(layout(visit, answer, takeNotice(visit.request, reply))))
}

/** To the sign-in page, and back here afterwards. */
function askToSignIn({ method, url }: FastifyRequest, reply: FastifyReply): FastifyReply {
  const next = method === 'GET' ? `?next=${encodeURIComponent(url)}` : ''
  return reply.redirect(`/sign-in${next}`, 303)
}

/** A form that was not sent from a page of this service: the browser was made to send it. */
function notOwnPage(visit: Visit): Answer {
  return errorPage(visit, {
    status: 403,
    code: 'cross_site_request',
    title: 'Nothing was changed',
    detail: 'Another site made your browser send this. Only a page of this service itself may change something.',
  })
}

function missingScope(visit: Visit, scope: PageScope): Answer {
  const { name, scopes } = visit.me
  return errorPage(visit, {
    status: 403,
    code: 'missing_scope',
    title: 'Your key may not do this',
    detail: `It needs the scope ${scope}; ${name} has ${scopes.join(', ')}. Sign in with another key.`,
  })
}
