import { html, type SafeHtml } from '@remix-run/html-template'
import type { AuditEntry, AuditQuery } from '../../api/types.ts'
import { csvOf } from '../csv-page.ts'
import { actionText, actorText } from '../parts/activity-table.ts'
import { csvLink } from '../parts/csv-link.ts'
import { empty } from '../parts/empty.ts'
import { filterOf, filters, filterText, keptFilters } from '../parts/filters.ts'
import { heading } from '../parts/heading.ts'
import { paging } from '../parts/paging.ts'
import { accountPath, billRunPath, jobPath, schedulePath, searchPath } from '../parts/paths.ts'
import { moment } from '../parts/time.ts'
import { type Page, type PageRoutes, page, type Visit } from '../visit.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** The last digits of an id tell it from others, as its first do not. */
const shortId = (id: string) => (UUID.test(id) ? id.slice(-8) : id)

/** What the address filters the activity by. */
const queryOf = (visit: Visit): AuditQuery => ({
  subject: filterOf(visit, 'subject'),
  keyId: filterOf(visit, 'key'),
})

/** Who did what, of everything. */
export function activityPages(routes: PageRoutes): void {
  routes.get('/activity', 'read', activityPage)
  csvOf(routes, '/activity', (visit) => ({ list: 'v1/audit', query: queryOf(visit) }))
}

async function activityPage(visit: Visit): Promise<Page> {
  const { client, query, url } = visit
  const { subject, keyId } = queryOf(visit)
  const { data, nextCursor } = await client.listAudit({ subject, keyId, cursor: query.get('cursor') ?? undefined })
  const keyName = data.find((entry) => entry.keyId === keyId)?.keyName
  const isFiltered = subject !== undefined || keyId !== undefined
  return page({
    title: 'Activity',
    section: 'activity',
    body: html`${heading({ title: 'Activity', actions: csvLink(visit) })}
      ${filters(visit, {
        fields: html`${filterText(visit, 'subject', 'Subject', 'an id, a key, a name')}${keptFilters(visit, 'key')}`,
        active: [
          ...(subject === undefined ? [] : [{ name: 'subject', text: shortId(subject) }]),
          ...(keyId === undefined ? [] : [{ name: 'key', text: `By ${keyName ?? shortId(keyId)}` }]),
        ],
      })}
      <section class="sheet" aria-label="Who did what">${
        data.length > 0
          ? list(visit, data)
          : isFiltered
            ? empty('Nothing was done that matches.', html`<a href="${url.pathname}">Show all</a>`)
            : empty('Nothing was done yet.')
      }</section>
      ${paging(visit, nextCursor)}`,
  })
}

function list(visit: Visit, entries: readonly AuditEntry[]): SafeHtml {
  return html`<table class="stacked">
    <thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col">To what</th><th scope="col">Who</th><th scope="col">Why</th><th scope="col">Request id</th></tr></thead>
    <tbody>${entries.map(
      (entry) => html`<tr>
      <td class="nowrap">${moment(entry.at, visit)}</td>
      <th scope="row" class="first">${actionText(entry.action)}</th>
      <td>${subjectLink(entry)}</td>
      <td class="end">${entry.keyId === null ? actorText(entry) : html`<a href="/activity?key=${entry.keyId}">${actorText(entry)}</a>`}</td>
      <td class="wide">${entry.reason ?? ''}${entry.reason !== null && entry.detail !== null ? ' · ' : ''}${
        entry.detail === null ? '' : html`<span class="quiet">${entry.detail}</span>`
      }</td>
      <td class="drop">${entry.requestId === null ? '' : html`<code class="id" data-copy="${entry.requestId}" title="${entry.requestId}">${entry.requestId.slice(-8)}</code>`}</td></tr>`,
    )}</tbody>
  </table>`
}

/** Where the subject of an entry is shown. An id is looked for by the search, which knows what it is of. */
function subjectLink({ action, subject }: AuditEntry): SafeHtml {
  const [noun] = action.split('.')
  const text = shortId(subject)
  const to = addressOf(noun ?? '', subject)
  const shown = html`<code class="id"${text === subject ? '' : html` title="${subject}"`}>${text}</code>`
  return to === undefined ? shown : html`<a href="${to}">${shown}</a>`
}

function addressOf(noun: string, subject: string): string | undefined {
  if (noun === 'account' || noun === 'charge') return UUID.test(subject) ? undefined : accountPath(subject)
  if (noun === 'bill-run') return billRunPath(subject)
  if (noun === 'schedule') return schedulePath(subject)
  if (noun === 'job') return UUID.test(subject) ? jobPath(subject) : `/work?${new URLSearchParams({ code: subject })}`
  if (noun === 'credit' || noun === 'reversal') return searchPath(subject)
  return undefined
}
