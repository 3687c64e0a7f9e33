import { html, type SafeHtml } from '@remix-run/html-template'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isApiError } from '../../client/api-error.ts'
import type { Config } from '../../config.ts'
import { isOverTls, sessionCookieName } from '../../session-cookie.ts'
import { isOwnPage } from '../own-page.ts'
import { clientOf } from '../page-routes.ts'
import { ICONS } from '../parts/icons.ts'
import { head } from '../parts/layout.ts'
import { readPreferences } from '../preferences.ts'

type Form = { readonly key?: string; readonly next?: string }

/** Signing in with an API key, and out. */
export function signInPages(scope: FastifyInstance, config: Config): void {
  const open = { isPublic: true, rateLimit: false } as const
  const schema = { hide: true }
  const show = (request: FastifyRequest, reply: FastifyReply, { status = 200, error = '', next = '' } = {}) =>
    reply
      .code(status)
      .type('text/html; charset=utf-8')
      .send(String(signInPage(request, { error, next })))

  scope.get<{ Querystring: { next?: string } }>('/sign-in', { config: open, schema }, (request, reply) =>
    show(request, reply, { next: localPath(request.query.next) }),
  )

  scope.post<{ Body: Form }>(
    '/sign-in',
    {
      config: {
        ...open,
        rateLimit: { max: config.SIGN_INS_PER_MINUTE, keyGenerator: ({ ip }) => `sign-in from ${ip}` },
      },
      schema,
    },
    async (request, reply) => {
      const next = localPath(request.body?.next)
      if (!isOwnPage(request)) return show(request, reply, { status: 403, error: 'Sign in on this page itself.' })
      const key = request.body?.key?.trim() ?? ''
      try {
        const client = clientOf(scope, request, key)
        const { scopes } = await client.getMe()
        if (!scopes.includes('read') && !scopes.includes('operate')) {
          const error = `This key may ${scopes.join(', ')} only. Sign in with one that may read.`
          return show(request, reply, { status: 403, error, next })
        }
        const { token } = await client.startSession()
        setSession(reply, config, token ?? '')
        return reply.redirect(next, 303)
      } catch (error) {
        if (!isApiError(error) || error.status === 0 || error.status >= 500) throw error
        // One answer for a key that is unknown, revoked, expired or no key at all.
        const text =
          error.status === 429 ? 'Too many tries. Wait a minute.' : 'This key is not known, or no longer in force.'
        return show(request, reply, { status: error.status === 429 ? 429 : 401, error: text, next })
      }
    },
  )

  scope.post('/sign-out', { config: open, schema }, async (request, reply) => {
    try {
      await clientOf(scope, request).endSession('current')
    } catch (error) {
      // It has ended already, or the request is not from an own page.
      if (!isApiError(error) || error.status === 0 || error.status >= 500) throw error
      if (error.status === 403) throw error
    }
    reply.clearCookie(sessionCookieName(config), { path: '/' }).header('clear-site-data', '"cache"')
    return reply.redirect('/sign-in', 303)
  })
}

function setSession(reply: FastifyReply, config: Config, token: string): void {
  reply.setCookie(sessionCookieName(config), token, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: isOverTls(config),
  })
}

/** Where to go after signing in: a path of this service, else home. */
export function localPath(next: string | undefined): string {
  if (next === undefined || !next.startsWith('/')) return '/'
  const url = URL.parse(next, 'http://here.invalid')
  return url?.origin === 'http://here.invalid' && !next.startsWith('//') ? `${url.pathname}${url.search}` : '/'
}

function signInPage(
  { cookies }: FastifyRequest,
  { error, next }: { readonly error: string; readonly next: string },
): SafeHtml {
  const { theme } = readPreferences(cookies)
  return html`<!doctype html>
<html lang="en" data-theme="${theme}">
  <head>${head('Sign in · Nightbill')}</head>
  <body class="alone">
    <main>
      <h1 class="brand">${ICONS.mark}<span>Nightbill</span></h1>
      <form class="sheet" method="post" action="/sign-in">
        <input type="hidden" name="next" value="${next}" />
        <input type="text" value="api-key" autocomplete="username" hidden readonly />
        ${error === '' ? '' : html`<div class="notice bad" role="alert">${ICONS.bad}<p>${error}</p></div>`}
        <div class="field required">
          <label for="key">API key</label>
          <div class="reveal">
            <input id="key" name="key" type="password" required autofocus autocomplete="current-password" spellcheck="false" aria-describedby="key-hint" />
            <button class="button" type="button" data-reveal="key" hidden>Show</button>
          </div>
          <p class="hint" id="key-hint">It begins with nb_. The first start of the service prints one.</p>
        </div>
        <button class="button primary">Sign in</button>
      </form>
    </main>
  </body>
</html>`
}
