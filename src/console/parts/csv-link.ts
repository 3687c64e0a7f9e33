import { html, type SafeHtml } from '@remix-run/html-template'
import type { Visit } from '../visit.ts'
import { ICONS } from './icons.ts'
import { withQuery } from './paging.ts'

/** The way to all that the list of this page has, with its filters, as a file: see csvOf. */
export function csvLink({ url }: Visit, pagePath = url.pathname): SafeHtml {
  const file = new URL(url)
  file.pathname = `${pagePath}.csv`
  return html`<a class="button" href="${withQuery(file, { cursor: undefined, from: undefined })}">${ICONS.download}CSV</a>`
}
