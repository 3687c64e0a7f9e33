import { html, type SafeHtml } from '@remix-run/html-template'
import type { FastifyRequest } from 'fastify'
import { isApiError } from '../../client/api-error.ts'
import { head } from '../parts/layout.ts'
import { readPreferences } from '../preferences.ts'

// Pages that need neither a session nor the database.

/** The page for an address that is none. */
export function notFoundPage(request: FastifyRequest): string {
  const path = request.url.split('?')[0] as string
  return alone(
    request,
    'There is no such page',
    html`<p class="lead">There is nothing at <code class="id">${path}</code>.</p>`,
  )
}

const RETRY_AFTER_SECONDS = 5

type Trouble = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly text: string }

/** The page for what went wrong where no other page could say it. When the database is away it loads itself again. */
export function troublePage(request: FastifyRequest, error: Error & { readonly statusCode?: number }): Trouble {
  const code = isApiError(error) ? error.code : 'code' in error ? String(error.code) : ''
  const status = isApiError(error) ? error.status || 503 : (error.statusCode ?? statusOf(code))
  if (status === 503) {
    const body = html`<p class="lead">Accepted requests are safe. This page tries again by itself.</p>`
    const text = alone(request, 'The database cannot be reached', body)
    const again = request.method === 'GET' ? { refresh: String(RETRY_AFTER_SECONDS) } : {}
    return { status, headers: { 'retry-after': String(RETRY_AFTER_SECONDS), ...again }, text }
  }
  if (status === 429) {
    const body = html`<p class="lead">Wait a minute, then try again.</p>`
    return { status, headers: {}, text: alone(request, 'Too many tries', body) }
  }
  if (status < 500)
    return {
      status,
      headers: {},
      text: alone(request, 'This cannot be done', html`<p class="lead">${error.message}</p>`),
    }
  const detail = html`<p class="lead">Nothing was changed. The log says more, by the request id <code class="id">${request.id}</code>.</p>`
  return { status, headers: {}, text: alone(request, 'Something unforeseen went wrong', detail) }
}

const statusOf = (code: string) => (code === 'too_many_requests' ? 429 : 500)

function alone({ cookies }: FastifyRequest, title: string, body: SafeHtml): string {
  const { theme } = readPreferences(cookies)
  return String(html`<!doctype html>
<html lang="en" data-theme="${theme}">
  <head>${head(`${title} · Nightbill`)}</head>
  <body class="alone"><main><h1>${title}</h1>${body}<p><a href="/">Home</a></p></main></body>
</html>`)
}
