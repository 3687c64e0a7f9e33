import { html, type SafeHtml } from '@remix-run/html-template'
import type { BillRun, GroupPreview, PreviewedInvoice, PreviewProgress } from '../../api/types.ts'
import { isApiError } from '../../client/api-error.ts'
import { openPageStream } from '../page-stream.ts'
import { type FormState, refusalText } from '../parts/form.ts'
import { heading } from '../parts/heading.ts'
import { countText } from '../parts/money.ts'
import { keysIn, type RunForm, requestOf } from '../parts/run-form.ts'
import { previewedAccounts, previewedGroup } from '../parts/run-preview.ts'
import { type Answer, answered, type Page, page, type Visit } from '../visit.ts'
import { newBillRunPage, runErrors } from './new-bill-run.ts'

/** The API previews so many named accounts at most; more can be started without. */
const MAX_PREVIEWED = 1_000

const formOf = ({ query }: Visit): RunForm => Object.fromEntries(query)

/**
 * What a run would make. Of a group it is worked out while the page is open, and told how far it is; without a script the whole page waits for it. What
 * the form asks for stands in the address.
 */
export async function previewPage(visit: Visit): Promise<Page> {
  const form = formOf(visit)
  const refuse = (error: unknown) => {
    const state: FormState = { values: form, errors: runErrors(error, form) }
    return newBillRunPage(visit, state, 422)
  }
  try {
    const keys = keysIn(form.accounts)
    if (keys.length > MAX_PREVIEWED) return tooMany(visit, form, keys.length)
    if (keys.length > 0) return around(visit, form, previewedAccounts(visit, form, await previewAccounts(visit, form)))
    if (visit.query.has('wait')) return around(visit, form, await wholePreview(visit, form))
    return around(visit, form, waiting(visit))
  } catch (error) {
    if (isApiError(error) && error.code === 'cross_site_request') return around(visit, form, asked(visit))
    return refuse(error)
  }
}

/** For who comes here by a link from elsewhere or an address: another site must not make a browser ask for so much. */
const asked = ({ url }: Visit): SafeHtml =>
  html`<p class="lead">A preview is worked out when somebody on this page asks for it. <a class="button primary" href="${url.pathname}${url.search}">Work it out</a></p>`

function around({ url }: Visit, form: RunForm, body: SafeHtml): Page {
  const change = `/bill-runs/new?${new URLSearchParams([...url.searchParams].filter(([name]) => name !== 'wait'))}`
  const of = keysIn(form.accounts).length > 0 ? 'named accounts' : `group ${form.group || 'default'}`
  return page({
    title: `Preview of ${of}`,
    section: 'bill-runs',
    body: html`${heading({
      crumbs: [
        ['/bill-runs', 'Bill runs'],
        [change, 'Start a bill run'],
      ],
      title: `Preview: ${of}, as of ${form.date || 'today'}`,
      actions: html`<a class="button" href="${change}">Change what is billed</a>`,
    })}${body}`,
  })
}

/** The place of a preview that is being worked out: a stream fills it. */
function waiting({ url }: Visit): SafeHtml {
  return html`<div id="preview" class="stack" hx-sse:connect="/bill-runs/new/preview/stream${url.search}" hx-sse:close="done" hx-swap="innerMorph">
    ${progressBar({ accounts: 0, share: 0 })}
    <noscript><p><a class="button primary" href="${url.pathname}${url.search}&amp;wait=1">Work it out</a> It takes some seconds for each hundred thousand accounts.</p></noscript>
  </div>`
}

function progressBar({ accounts, share }: PreviewProgress): SafeHtml {
  const percent = Math.floor(share * 100)
  return html`<div class="run-bar" role="status"><p>Working it out: ${countText(accounts)} accounts so far. Nothing is written.</p>
    <svg width="100%" height="14" role="img" aria-label="${percent} % is worked out"><rect class="none" x="0" y="0" width="${percent}%" height="100%"></rect></svg></div>`
}

/** The preview of a group, as events: how far it is, and then itself. It ends when the browser goes away. */
export async function previewStream(visit: Visit): Promise<Answer> {
  const { client } = visit
  const { signal, send, finish } = openPageStream(visit)
  const form = formOf(visit)
  try {
    const before = lastRun(visit, form)
    for await (const { progress, preview } of client.previewGroup(groupOf(form), { signal })) {
      if (progress) send(progressBar(progress))
      if (preview) send(previewedGroup(visit, form, preview, await before))
    }
  } catch (error) {
    if (!isApiError(error)) visit.request.log.error({ err: error }, 'a preview could not be shown')
    send(couldNot(visit, error))
  } finally {
    finish()
  }
  return answered
}

/** Why there is no preview, and what to do now. A date far ahead may be meant. */
function couldNot({ url }: Visit, error: unknown): SafeHtml {
  const page = url.pathname.replace(/\/stream$/, '')
  const isFar = isApiError(error) && error.code === 'bill_date_too_far'
  const why = isApiError(error) ? refusalText(error) : 'Something unforeseen went wrong; the log says more.'
  return html`<div class="notice bad" role="alert"><p><b>It could not be worked out, and nothing was written.</b> ${why}
    ${
      isFar
        ? html`<a href="${page}${url.search}&amp;future=on">This date is meant</a>`
        : html`<a href="${page}${url.search}">Try again</a>`
    }</p></div>`
}

async function wholePreview(visit: Visit, form: RunForm): Promise<SafeHtml> {
  let whole: GroupPreview | undefined
  for await (const { preview } of visit.client.previewGroup(groupOf(form))) whole = preview ?? whole
  return previewedGroup(visit, form, whole as GroupPreview, await lastRun(visit, form))
}

const groupOf = (form: RunForm) => {
  const { billGroup, billDate, allowFuture } = requestOf({ ...form, accounts: '' })
  return { billGroup, billDate, allowFuture }
}

async function previewAccounts({ client }: Visit, form: RunForm): Promise<readonly PreviewedInvoice[]> {
  const { accountIds, billDate, allowFuture } = requestOf(form)
  return (await client.previewBillRun({ accountIds: accountIds ?? [], billDate, allowFuture })).invoices
}

/** The last run of the group that came to its end, to compare with. */
async function lastRun({ client }: Visit, form: RunForm): Promise<BillRun | undefined> {
  const { data } = await client.listBillRuns({ billGroup: groupOf(form).billGroup, limit: 10 })
  return data.find(({ status }) => status === 'completed' || status === 'completed_with_failures')
}

function tooMany(visit: Visit, form: RunForm, count: number): Promise<Page> {
  const errors = {
    accounts: `${countText(count)} are named: up to ${countText(MAX_PREVIEWED)} can be previewed. Start without preview.`,
  }
  return newBillRunPage(visit, { values: form, errors }, 422)
}
