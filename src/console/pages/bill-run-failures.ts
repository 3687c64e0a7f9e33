import { html, type SafeHtml } from '@remix-run/html-template'
import type { BillRun, BillRunFailure, BillRunFailureGroup } from '../../api/types.ts'
import { csvLink } from '../parts/csv-link.ts'
import { empty } from '../parts/empty.ts'
import { heading, mono } from '../parts/heading.ts'
import { countText } from '../parts/money.ts'
import { paging } from '../parts/paging.ts'
import { accountPath, billRunPath } from '../parts/paths.ts'
import { retryForm } from '../parts/run-failures.ts'
import { runTitle } from '../parts/run-title.ts'
import { tabs } from '../parts/tabs.ts'
import { plural } from '../parts/time.ts'
import { type Page, page, type Visit } from '../visit.ts'

/** What of the address filters the list. */
export const failureQueryOf = ({ query }: Visit) => ({ code: query.get('code') || undefined })

/** The accounts that a run could not bill, of one reason or of all. What was retried and billed is not among them. */
export async function billRunFailuresPage(visit: Visit): Promise<Page> {
  const { client, params, query } = visit
  const billRunId = params.billRunId as string
  const { code } = failureQueryOf(visit)
  const [run, { data: groups }, failures] = await Promise.all([
    client.getBillRun(billRunId),
    client.getBillRunFailureGroups(billRunId),
    client.listBillRunFailures(billRunId, { code, cursor: query.get('cursor') ?? undefined }),
  ])
  const shown = code === undefined ? groups : groups.filter((group) => group.code === code)
  const count = shown.reduce((sum, group) => sum + group.count, 0)
  const title = count === 0 ? 'No account failed' : `${plural(count, 'account')} failed`
  return page({
    title: `${title} – ${runTitle(run)}`,
    section: 'bill-runs',
    body: html`${heading({
      crumbs: [
        ['/bill-runs', 'Bill runs'],
        [billRunPath(billRunId), runTitle(run)],
      ],
      title,
      actions: html`${csvLink(visit)}${
        count > 0 && mayRetry(visit, run)
          ? retryForm(run, { ...(code === undefined ? {} : { code }), text: `Retry all ${countText(count)}` })
          : ''
      }`,
    })}
      ${groups.length > 1 || code !== undefined ? reasons(run, groups, code) : ''}
      <section class="sheet" aria-label="${title}">
        ${
          failures.data.length === 0
            ? empty(
                code === undefined
                  ? 'Every account of this run that was tried is billed.'
                  : 'No account of this run fails for this reason any more.',
                html`<a href="${billRunPath(billRunId)}">Back to the run</a>`,
              )
            : list(visit, run, failures.data)
        }
      </section>
      ${paging(visit, failures.nextCursor)}`,
  })
}

const mayRetry = ({ may }: Visit, { status }: BillRun) => may('operate') && status !== 'cancelled'

function reasons({ billRunId }: BillRun, groups: readonly BillRunFailureGroup[], code: string | undefined): SafeHtml {
  const path = `${billRunPath(billRunId)}/failures`
  return tabs('Failures by reason', [
    { href: path, name: 'All reasons', isCurrent: code === undefined },
    ...groups.map((group) => ({
      href: `${path}?code=${encodeURIComponent(group.code)}`,
      name: group.title,
      count: countText(group.count),
      isCurrent: group.code === code,
    })),
  ])
}

function list(visit: Visit, run: BillRun, failures: readonly BillRunFailure[]): SafeHtml {
  const canRetry = mayRetry(visit, run)
  return html`<table class="stacked">
    <thead><tr><th scope="col">Account</th><th scope="col">What happened</th><th scope="col" class="r">Tries</th>${canRetry ? html`<th scope="col"><span class="unseen">Retry</span></th>` : ''}</tr></thead>
    <tbody>${failures.map(
      ({ accountId, name, message, attempts }) => html`<tr>
        <th scope="row" class="first"><a href="${accountPath(accountId)}">${name}</a> ${mono(accountId)}</th>
        <td class="wide">${message}</td><td class="r" data-label="tries">${countText(attempts)}</td>
        ${canRetry ? html`<td class="r">${retryForm(run, { account: accountId, text: 'Retry', of: accountId })}</td>` : ''}</tr>`,
    )}</tbody>
  </table>`
}
