import { html, type SafeHtml } from '@remix-run/html-template'
import type { BillRun, BillRunFailureGroup } from '../../api/types.ts'
import type { Visit } from '../visit.ts'
import { idempotencyField } from './form.ts'
import { countText } from './money.ts'
import { accountPath, billRunPath } from './paths.ts'
import { plural } from './time.ts'

/** The accounts that a run could not bill, grouped by reason, each group with its retry. */
export function failureGroups(visit: Visit, run: BillRun, groups: readonly BillRunFailureGroup[]): SafeHtml {
  if (groups.length === 0) return html``
  const path = billRunPath(run.billRunId)
  const all = groups.reduce((sum, { count }) => sum + count, 0)
  const mayRetry = visit.may('operate') && run.status !== 'cancelled'
  return html`<section class="sheet" aria-labelledby="failures-title">
    <header><h2 id="failures-title"><a href="${path}/failures">${plural(all, 'account')} failed</a></h2>
      ${mayRetry ? html`<div class="actions">${retryForm(run, { text: `Retry all ${countText(all)}` })}</div>` : ''}</header>
    <table class="stacked">
      <thead><tr><th scope="col">Reason</th><th scope="col" class="r">Accounts</th>${mayRetry ? html`<th scope="col"><span class="unseen">Retry</span></th>` : ''}</tr></thead>
      <tbody>${groups.map(
        (group) => html`<tr>
          <th scope="row" class="first"><b>${group.title}</b><div class="hint">${group.example}: ${named(group)}</div></th>
          <td class="r first"><a href="${path}/failures?code=${encodeURIComponent(group.code)}">${countText(group.count)}<span class="unseen"> with ${group.code}</span></a></td>
          ${mayRetry ? html`<td class="r wide">${retryForm(run, { code: group.code, text: `Retry ${countText(group.count)}`, of: group.title })}</td>` : ''}
        </tr>`,
      )}</tbody>
    </table>
  </section>`
}

function named({ accountIds, count }: BillRunFailureGroup): SafeHtml {
  const others = count - accountIds.length
  return html`${accountIds.map(
    (accountId, index) => html`${index === 0 ? '' : ', '}<a href="${accountPath(accountId)}">${accountId}</a>`,
  )}${others > 0 ? ` and ${countText(others)} more` : ''}`
}

type Retry = {
  readonly text: string
  /** The failures with one code, or one account; all when neither is given. */
  readonly code?: string
  readonly account?: string
  /** What they have in common, for who cannot see where the button stands. */
  readonly of?: string
}

/** The button that tries failed accounts again: the server finds them by the rule that it names. */
export function retryForm({ billRunId }: Pick<BillRun, 'billRunId'>, { text, code, account, of }: Retry): SafeHtml {
  return html`<form method="post" action="${billRunPath(billRunId)}/retry">${idempotencyField()}${
    code === undefined ? '' : html`<input type="hidden" name="code" value="${code}" />`
  }${account === undefined ? '' : html`<input type="hidden" name="account" value="${account}" />`}<button class="button">${text}${
    of === undefined ? '' : html`<span class="unseen">: ${of}</span>`
  }</button></form>`
}
