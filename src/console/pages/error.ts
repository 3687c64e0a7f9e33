import { html } from '@remix-run/html-template'
import { type Answer, page, type Section, type Visit } from '../visit.ts'

/** What went wrong, as much as is told of it. */
type Trouble = {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail?: string | undefined
}

/** What to do about it, by the code; else by the status. */
const ADVICE: Readonly<Record<string, string>> = {
  outcome_unknown: 'Look first whether it is there, before you do it again.',
  service_unreachable: 'Nothing was changed. Try again in a moment.',
  database_away: 'Accepted requests are safe. This page can be tried again in a moment.',
  too_many_requests: 'Wait a moment, then load the page again.',
}

/** The page for what could not be shown or done. It says what was looked for, and what to do now. */
export function errorPage({ url, form }: Visit, { status, code, title, detail }: Trouble, section?: Section): Answer {
  const wasPost = Object.keys(form).length > 0
  return page({
    title,
    section,
    status: status === 0 ? 503 : status,
    body: html`<h1>${title}</h1>
      ${detail === undefined ? '' : html`<p class="lead">${detail}${detail.endsWith('.') ? '' : '.'}</p>`}
      <p>${ADVICE[code] ?? (status === 404 ? 'Search for it above: by key, name, invoice number or id.' : '')}</p>
      <p class="actions"><a class="button" href="${wasPost ? '/' : url.pathname + url.search}">${wasPost ? 'Home' : 'Try again'}</a>
      <span class="hint">Code <code>${code}</code></span></p>`,
  })
}
