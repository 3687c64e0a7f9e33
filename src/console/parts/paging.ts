import { html, type SafeHtml } from '@remix-run/html-template'
import type { Visit } from '../visit.ts'

/** The same address with some of its query changed; undefined takes a name away. */
export function withQuery(url: URL, changes: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams(url.searchParams)
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) query.delete(name)
    else query.set(name, value)
  }
  const text = query.toString()
  return text === '' ? url.pathname : `${url.pathname}?${text}`
}

/** The way through a list: back to its start, and on to what is older. There are no page numbers and no totals. */
export function paging({ url, query }: Visit, nextCursor: string | null): SafeHtml {
  if (nextCursor === null && !query.has('cursor')) return html``
  return html`<nav class="paging" aria-label="Pages">
    ${query.has('cursor') ? html`<a class="button" href="${withQuery(url, { cursor: undefined })}" data-hotkey="[">Newest</a>` : ''}
    ${nextCursor === null ? '' : html`<a class="button" href="${withQuery(url, { cursor: nextCursor })}" data-hotkey="]" rel="next">Older</a>`}
  </nav>`
}
