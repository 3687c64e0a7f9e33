import { html, type SafeHtml } from '@remix-run/html-template'
import type { Job, JobFailureGroup, JobQuery } from '../../api/types.ts'
import { jobChip } from '../parts/chip.ts'
import { csvLink } from '../parts/csv-link.ts'
import { empty } from '../parts/empty.ts'
import { filterAmong, filterChoice, filterOf, filters, filterText, keptFilters } from '../parts/filters.ts'
import { idempotencyField } from '../parts/form.ts'
import { heading } from '../parts/heading.ts'
import { countText, money } from '../parts/money.ts'
import { paging, withQuery } from '../parts/paging.ts'
import { accountPath, jobPath } from '../parts/paths.ts'
import { failureTitle, remedy, sentence } from '../parts/remedies.ts'
import { moment, plural } from '../parts/time.ts'
import { type Page, page, type Visit } from '../visit.ts'

const STATUSES = ['queued', 'done', 'failed'] as const
const STATUS_OPTIONS = [
  ['', 'All'],
  ['queued', 'Accepted'],
  ['done', 'Carried out'],
  ['failed', 'Failed'],
] as const
const KIND_OPTIONS = [
  ['', 'All'],
  ['credit', 'Credit'],
  ['reversal', 'Reversal'],
] as const

/** What the address filters the requests by. */
export const jobQueryOf = (visit: Visit): JobQuery => ({
  status: filterAmong(visit, 'status', STATUSES),
  type: filterOf(visit, 'type'),
  accountId: filterOf(visit, 'account'),
  code: filterOf(visit, 'code'),
})

/** Accepted credits and reversals, and what became of them: those that failed on top, by reason. */
export async function workPage(visit: Visit): Promise<Page> {
  const { client, query, url } = visit
  const wanted = jobQueryOf(visit)
  const [groups, jobs] = await Promise.all([
    client.listJobFailureGroups({ type: wanted.type, accountId: wanted.accountId }),
    client.listJobs({ ...wanted, cursor: query.get('cursor') ?? undefined }),
  ])
  const isFiltered = Object.values(wanted).some((value) => value !== undefined)
  return page({
    title: 'Work',
    section: 'work',
    body: html`${heading({ title: verdict(groups.data), actions: csvLink(visit) })}
      ${groups.data.length === 0 ? '' : failures(visit, groups.data)}
      ${filterForm(visit, wanted)}
      <section class="sheet" aria-label="Requests">
        ${
          jobs.data.length > 0
            ? list(visit, jobs.data)
            : isFiltered
              ? empty('No request matches.', html`<a href="${url.pathname}">Show all</a>`)
              : empty(
                  'Nothing was asked for yet.',
                  'A credit or a reversal that is accepted stands here, and what becomes of it.',
                )
        }
      </section>
      ${paging(visit, jobs.nextCursor)}`,
  })
}

function filterForm(visit: Visit, { status, type, accountId, code }: JobQuery): SafeHtml {
  const textOf = (options: readonly (readonly [string, string])[], value: string) =>
    options.find(([option]) => option === value)?.[1] ?? value
  return filters(visit, {
    fields: html`${filterChoice(visit, 'status', 'Status', STATUS_OPTIONS)}
      ${filterChoice(visit, 'type', 'Kind', KIND_OPTIONS)}${filterText(visit, 'account', 'Account', 'its key')}
      ${keptFilters(visit, 'code')}`,
    active: [
      ...(status === undefined ? [] : [{ name: 'status', text: textOf(STATUS_OPTIONS, status) }]),
      ...(type === undefined ? [] : [{ name: 'type', text: textOf(KIND_OPTIONS, type) }]),
      ...(accountId === undefined ? [] : [{ name: 'account', text: accountId }]),
      ...(code === undefined ? [] : [{ name: 'code', text: failureTitle(code) }]),
    ],
  })
}

function verdict(groups: readonly JobFailureGroup[]): string {
  const failed = groups.reduce((sum, { count }) => sum + count, 0)
  if (failed === 0) return 'No request failed'
  return groups.some(({ atLeast }) => atLeast)
    ? `${countText(failed)} requests failed, or more`
    : `${plural(failed, 'request')} failed`
}

function failures(visit: Visit, groups: readonly JobFailureGroup[]): SafeHtml {
  const all = groups.reduce((sum, { count }) => sum + count, 0)
  return html`<section class="sheet" aria-labelledby="failed">
    <header><h2 id="failed">Failed, by reason</h2>
      ${groups.length > 1 ? html`<div class="actions">${retryButton(visit, undefined, all, `Retry all ${countText(all)}`)}</div>` : ''}</header>
    <table class="stacked">
      <thead><tr><th scope="col">Reason</th><th scope="col" class="r">Requests</th>${
        visit.may('operate') ? html`<th scope="col" class="r"><span class="unseen">Retry</span></th>` : ''
      }</tr></thead>
      <tbody>${groups.map((group) => groupRow(visit, group))}</tbody>
    </table>
  </section>`
}

function groupRow(visit: Visit, { code, title, count, atLeast, example, jobIds }: JobFailureGroup): SafeHtml {
  const href = withQuery(visit.url, { code, status: undefined, cursor: undefined })
  const newest = jobIds.map(
    (id, index) => html`${index === 0 ? '' : ', '}<a href="${jobPath(id)}"><code class="id">${id.slice(-8)}</code></a>`,
  )
  return html`<tr>
    <th scope="row" class="reason first"><b>${title}</b>
      <p class="hint">${sentence(example)} ${remedy(code)}</p>
      <p class="hint">${count > 1 ? 'Newest' : 'Request'}: ${newest}</p></th>
    <td class="r first"><a href="${href}">${countText(count)}${atLeast ? ' or more' : ''}<span class="unseen"> failed: ${title}</span></a></td>
    ${visit.may('operate') ? html`<td class="r wide">${retryButton(visit, code, count, `Retry ${countText(count)}`)}</td>` : ''}
  </tr>`
}

/** Retries all that failed for one reason, or for any, as the page is filtered: by rule, on the server. */
function retryButton({ may, query }: Visit, code: string | undefined, count: number, text: string): SafeHtml {
  if (!may('operate')) return html``
  const hidden = (name: string, value: string | null | undefined) =>
    value ? html`<input type="hidden" name="${name}" value="${value}" />` : ''
  const words = code === undefined ? 'of all failed' : `for “${failureTitle(code)}”`
  return html`<form method="post" action="/work/retry">${idempotencyField()}
    ${hidden('code', code)}${hidden('type', query.get('type'))}${hidden('account', query.get('account'))}
    <button class="button">${text}<span class="unseen"> ${count === 1 ? 'request' : 'requests'}, ${words}</span></button></form>`
}

function list(visit: Visit, jobs: readonly Job[]): SafeHtml {
  return html`<table class="stacked">
    <thead><tr><th scope="col">Accepted</th><th scope="col">Request</th><th scope="col">Account</th><th scope="col" class="r">Amount</th>
      <th scope="col">Status</th><th scope="col">Why</th><th scope="col" class="r">Tries</th><th scope="col">Finished</th></tr></thead>
    <tbody>${jobs.map((job) => row(visit, job))}</tbody>
  </table>`
}

function row(visit: Visit, job: Job): SafeHtml {
  const { jobId, accountId, accountName, amount, currency, attempts, createdAt, finishedAt } = job
  return html`<tr class="rows">
    <td class="nowrap">${moment(createdAt, visit)}</td>
    <th scope="row" class="first"><a class="row" href="${jobPath(jobId)}">${requestText(job)}</a></th>
    <td class="end">${accountId === null ? '–' : html`<a href="${accountPath(accountId)}">${accountName}</a> <code class="id roomy">${accountId}</code>`}</td>
    <td class="r first">${amount === null || currency === null ? '–' : money(amount, currency)}</td>
    <td>${jobChip(job)}</td>
    <td class="wide">${why(job)}</td>
    <td class="r drop">${attempts}</td>
    <td class="nowrap drop">${finishedAt === null ? '–' : moment(finishedAt, visit)}</td>
  </tr>`
}

/** What a request asks for: `Credit: Goodwill`. */
export function requestText({ type, reason }: Job): string {
  const name = `${type.charAt(0).toUpperCase()}${type.slice(1)}`
  return reason === null ? name : `${name}: ${reason}`
}

function why({ error, trouble }: Job): string {
  if (error) return failureTitle(error.code)
  return trouble ? trouble.reason : ''
}
