import { html, type SafeHtml } from '@remix-run/html-template'
import type { Operations, Reconciliation, ReconciliationRequest } from '../../api/types.ts'
import { type LivePart, liveLine, sendLive } from '../live.ts'
import { csvLink } from '../parts/csv-link.ts'
import { empty } from '../parts/empty.ts'
import { idempotencyField } from '../parts/form.ts'
import { heading } from '../parts/heading.ts'
import { countText } from '../parts/money.ts'
import { paging } from '../parts/paging.ts'
import { billRunPath, reconciliationPath } from '../parts/paths.ts'
import { moment, plural } from '../parts/time.ts'
import { type Page, type Pages, page, redirect, type Visit } from '../visit.ts'
import { reconciliationPage, rulesChip, tookText } from './reconciliation.ts'

/** How often the progress of a proof is looked at. */
const LOOK_MS = 1_000

/** The proofs that the books add up: the last ones, each with its rules, and one when somebody asks for it. */
export const reconciliationPages: Pages = ({ get, post }) => {
  get('/reconciliations', 'read', reconciliationsPage)
  get('/reconciliations/live', 'read', (visit) => sendLive(visit, LOOK_MS, () => readProgress(visit)))
  get('/reconciliations/:id', 'read', reconciliationPage)
  post('/reconciliations', 'operate', async ({ client, form }) => {
    await client.requestReconciliation({}, { idempotencyKey: form.idempotencyKey })
    return redirect('/reconciliations', {
      tone: 'ok',
      strong: 'The books are being proved.',
      text: 'Work goes on meanwhile: one snapshot is looked at.',
    })
  })
}

async function reconciliationsPage(visit: Visit): Promise<Page> {
  const { client, query } = visit
  const [list, operations] = await Promise.all([
    client.listReconciliations({ cursor: query.get('cursor') ?? undefined }),
    client.getOperations(),
  ])
  const { last, request } = operations.reconciliation
  const title = verdict(operations)
  return page({
    title,
    section: 'home',
    body: html`${heading({ crumbs: [['/', 'Home']], title, beside: proved(visit, last), actions: html`${csvLink(visit)}${proveButton(visit, request)}` })}
      ${request === null ? '' : progress(visit, request)}
      <section class="sheet" aria-label="Reconciliations">${table(visit, list.data)}</section>
      ${paging(visit, list.nextCursor)}`,
  })
}

/** Whether the books add up, as far as it is known: of the whole database, and of each bill run since. */
function verdict({ findings, reconciliation: { last } }: Operations): string {
  const broken = findings.find(({ code }) => code === 'books_broken')
  if (broken) return broken.what
  return last === null ? 'The books were never proved' : 'The books add up'
}

const proved = (visit: Visit, last: Reconciliation | null): SafeHtml =>
  last === null ? html`` : html`<p class="hint">Proved at ${moment(last.startedAt, visit)}</p>`

function proveButton({ may }: Visit, request: ReconciliationRequest | null): SafeHtml {
  if (!may('operate') || request !== null) return html``
  return html`<form method="post" action="/reconciliations">${idempotencyField()}<button class="button primary">Prove it now</button></form>`
}

/** How far the one is that somebody asked for. */
function progress(visit: Visit, request: ReconciliationRequest): SafeHtml {
  const path = `/reconciliations/live?request=${request.reconciliationRequestId}`
  return html`<section class="sheet progress" aria-label="The proof that is under way">
    <div id="progress">${progressText(request)}</div>
    <p class="hint">Asked for at ${moment(request.requestedAt, visit)}${liveLine(visit, path, 'looked at every second')}<noscript> · <a href="/reconciliations">Look again</a></noscript></p>
  </section>`
}

/** Sends how far it is; when it is done, the way to what came of it: the list itself stays as it is. */
async function readProgress({ client, query }: Visit): Promise<{ readonly parts: readonly LivePart[] }> {
  const request = await client.getReconciliationRequest(query.get('request') ?? '')
  return { parts: [{ id: 'progress', inside: progressText(request) }] }
}

function progressText({ status, rules, rulesChecked, reconciliationId }: ReconciliationRequest): SafeHtml {
  if (status === 'done' && reconciliationId !== null)
    return html`<p><b>Proved: ${plural(rules, 'rule is', 'rules are')} checked.</b> <a href="${reconciliationPath(reconciliationId)}">See what came of it</a></p>`
  const said = rules === 0 ? 'It begins in a moment.' : `${rulesChecked} of ${rules} rules are checked.`
  return html`<p><b>Being proved.</b> ${said}</p><progress max="${Math.max(rules, 1)}" value="${rulesChecked}" aria-label="Rules checked">${said}</progress>`
}

function table(visit: Visit, list: readonly Reconciliation[]): SafeHtml {
  if (list.length === 0)
    return empty(
      'Nothing was reconciled yet. A reconciliation proves every rule of the ledger over one snapshot of all rows.',
      html`It is done by itself once a day and after each bill run, or here, or by <code>nightbill reconcile</code>.`,
    )
  return html`<table class="stacked">
    <thead><tr><th scope="col">When</th><th scope="col">Of</th><th scope="col">Rules</th><th scope="col" class="r">Took</th><th scope="col" class="r">Invoices</th><th scope="col" class="r">Credits</th></tr></thead>
    <tbody>${list.map((one) => row(visit, one))}</tbody>
  </table>`
}

function row(
  visit: Visit,
  { reconciliationId, billRunId, checks, ok, startedAt, finishedAt, invoices, credits }: Reconciliation,
): SafeHtml {
  const count = (value: number | null) => (value === null ? html`<span class="zero">–</span>` : countText(value))
  return html`<tr class="rows">
    <th scope="row" class="first nowrap"><a class="row" href="${reconciliationPath(reconciliationId)}">${moment(startedAt, visit)}</a></th>
    <td class="nowrap">${billRunId === null ? 'the whole database' : html`<a href="${billRunPath(billRunId)}">a bill run</a>`}</td>
    <td class="first nowrap">${rulesChip(checks, ok)}</td>
    <td class="r" data-label="took">${tookText(startedAt, finishedAt)}</td>
    <td class="r wide at-left" data-label="invoices">${count(invoices)}</td>
    <td class="r drop">${count(credits)}</td>
  </tr>`
}
