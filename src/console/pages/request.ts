import { html, type SafeHtml } from '@remix-run/html-template'
import type { Job } from '../../api/types.ts'
import { isApiError } from '../../client/api-error.ts'
import { csvOf } from '../csv-page.ts'
import { activityTable } from '../parts/activity-table.ts'
import { jobChip } from '../parts/chip.ts'
import { fieldErrors, idempotencyField } from '../parts/form.ts'
import { heading, mono } from '../parts/heading.ts'
import { ICONS } from '../parts/icons.ts'
import { countText, money, moneyText } from '../parts/money.ts'
import { accountPath, creditPath, jobPath } from '../parts/paths.ts'
import { failureTitle, remedy, sentence } from '../parts/remedies.ts'
import { moment, plural } from '../parts/time.ts'
import { type Answer, type Page, type PageRoutes, page, redirect, type Visit } from '../visit.ts'
import { jobQueryOf, requestText, workPage } from './work.ts'

/** How long a page waits for what it asked to be carried out, in ms. */
const PATIENCE_MS = 2_000

/** Accepted credits and reversals. */
export function workPages(routes: PageRoutes): void {
  const { get, post } = routes
  get('/work', 'read', workPage)
  csvOf(routes, '/work', (visit) => ({ list: 'v1/jobs', query: jobQueryOf(visit) }))
  get('/work/:jobId', 'read', requestPage)
  post('/work/retry', 'operate', retryAll)
  post('/work/:jobId/retry', 'operate', retryOne)
}

/** One request: what was asked for, by whom, what became of it, and what to do. */
async function requestPage(visit: Visit): Promise<Page> {
  const { client, params } = visit
  const job = await client.getJob(params.jobId as string)
  const [activity, retries] = await Promise.all([
    job.creditId === null ? undefined : client.listAudit({ subject: job.creditId }),
    client.listAudit({ subject: job.jobId }),
  ])
  const entries = [...(activity?.data ?? []), ...retries.data].toSorted((a, b) => b.at.localeCompare(a.at))
  return page({
    title: requestText(job),
    section: 'work',
    body: html`${heading({ crumbs: [['/work', 'Work']], title: requestText(job), beside: jobChip(job), actions: retryButton(visit, job) })}
      ${outcome(visit, job)}
      <section class="sheet" aria-label="What was asked for">${terms(visit, job)}</section>
      <section class="sheet" aria-labelledby="activity"><header><h2 id="activity">Activity</h2></header>${activityTable(visit, entries)}</section>`,
  })
}

function terms(visit: Visit, job: Job): SafeHtml {
  const {
    accountId,
    accountName,
    amount,
    currency,
    reference,
    automaticDisbursement,
    attempts,
    createdAt,
    finishedAt,
  } = job
  const term = (label: string, value: SafeHtml | string | null) =>
    value === null ? '' : html`<dt>${label}</dt><dd>${value}</dd>`
  return html`<dl class="terms">
    ${term('Account', accountId === null ? null : html`<a href="${accountPath(accountId)}">${accountName}</a> ${mono(accountId)}`)}
    ${term('Amount', amount === null || currency === null ? null : money(amount, currency))}
    ${term('Credit', creditTerm(job))}
    ${term('Disbursement', automaticDisbursement === null ? null : automaticDisbursement ? 'By itself' : 'By hand')}
    ${term('Reference', reference === null ? null : mono(reference))}
    ${term('Accepted', moment(createdAt, visit))}
    ${term('Tried', plural(attempts, 'time'))}
    ${term('Finished', finishedAt === null ? null : moment(finishedAt, visit))}
    ${term('Request', mono(job.jobId))}
  </dl>`
}

/** The credit that it made or reverses. A credit that failed, or is not carried out yet, is not there. */
function creditTerm({ type, status, accountId, creditId }: Job): SafeHtml | null {
  if (creditId === null || accountId === null) return null
  const isThere = type === 'reversal' || status === 'done'
  return isThere
    ? html`<a href="${creditPath(accountId, creditId)}"><code class="id">${creditId}</code></a>`
    : mono(creditId)
}

function retryButton({ may }: Visit, { jobId, status }: Job): SafeHtml | string {
  if (status !== 'failed' || !may('operate')) return ''
  return html`<form method="post" action="${jobPath(jobId)}/retry">${idempotencyField()}<button class="button primary">Retry this request</button></form>`
}

function outcome(visit: Visit, { error, trouble }: Job): SafeHtml {
  if (error)
    return html`<div class="notice bad">${ICONS.bad}<div><b>${failureTitle(error.code)}.</b> ${sentence(error.message)}
      <p>Nothing was changed. ${remedy(error.code)} <span class="hint">Code <code>${error.code}</code></span></p></div></div>`
  if (trouble)
    return html`<div class="notice warn">${ICONS.warn}<div><b>It is held up since ${moment(trouble.since, visit)}.</b> ${sentence(trouble.reason)}
      <p>It is tried again for as long as that lasts. Mend the cause and do nothing else.</p></div></div>`
  return html``
}

async function retryOne(visit: Visit): Promise<Answer> {
  const { client, params, form } = visit
  const jobId = params.jobId as string
  try {
    await client.retryJob(jobId, {}, { idempotencyKey: form.idempotencyKey })
  } catch (error) {
    const [text = ''] = Object.values(fieldErrors(error))
    return redirect(jobPath(jobId), { tone: 'bad', strong: 'It was not retried.', text })
  }
  const job = await settled(visit, jobId)
  if (job === undefined)
    return redirect(jobPath(jobId), {
      tone: 'ok',
      strong: 'It is accepted again.',
      text: 'A worker takes it in a moment.',
    })
  if (job.status === 'failed')
    return redirect(jobPath(jobId), {
      tone: 'bad',
      strong: 'It failed again.',
      text: 'What stands below is of this try.',
    })
  const what =
    job.amount === null || job.currency === null ? 'It' : `The ${job.type} of ${moneyText(job.amount, job.currency)}`
  return redirect(jobPath(jobId), { tone: 'ok', strong: `${what} is carried out.` })
}

async function retryAll({ client, form }: Visit): Promise<Answer> {
  const { code, type, account } = form
  const which = { codes: code ? [code] : undefined, type: type || undefined, accountId: account || undefined }
  const query = new URLSearchParams({ ...(type ? { type } : {}), ...(account ? { account } : {}) })
  const back = query.size === 0 ? '/work' : `/work?${query}`
  try {
    const { retried, refused, more } = await client.retryJobs(which, { idempotencyKey: form.idempotencyKey })
    const left = [
      ...(refused > 0
        ? [`${plural(refused, 'request')} stay failed: another has their reference, or reverses the same credit.`]
        : []),
      ...(more ? ['There was no time for all of them: retry the rest.'] : []),
    ]
    return redirect(back, {
      tone: left.length === 0 ? 'ok' : 'warn',
      strong: `${countText(retried)} ${retried === 1 ? 'request is' : 'requests are'} accepted again.`,
      text: left.length === 0 ? 'Workers take them now; what fails again comes back here.' : left.join(' '),
    })
  } catch (error) {
    const [text = ''] = Object.values(fieldErrors(error))
    return redirect(back, { tone: 'bad', strong: 'Nothing was retried.', text })
  }
}

/** The request once it is done or has failed; undefined when that takes longer than a person should wait. */
async function settled({ client }: Visit, jobId: string): Promise<Job | undefined> {
  try {
    return await client.waitForJob(jobId, { timeoutMs: PATIENCE_MS })
  } catch (error) {
    if (isApiError(error) && error.code === 'wait_timed_out') return undefined
    throw error
  }
}
