import { html, type SafeHtml } from '@remix-run/html-template'
import type { BillRun, BillRunFailureGroup, BillRunRate } from '../../api/types.ts'
import { activityTable } from '../parts/activity-table.ts'
import { billRunChip } from '../parts/chip.ts'
import { dialog, keepButton, opens } from '../parts/dialog.ts'
import { empty } from '../parts/empty.ts'
import { EMPTY_FORM, errorSummary, type FormState, field, idempotencyField } from '../parts/form.ts'
import { heading, mono } from '../parts/heading.ts'
import { countText } from '../parts/money.ts'
import { withQuery } from '../parts/paging.ts'
import { billRunPath } from '../parts/paths.ts'
import { runBar } from '../parts/run-bar.ts'
import { failureGroups } from '../parts/run-failures.ts'
import { runFigures } from '../parts/run-figures.ts'
import { dealtWithOf, isUnderWay, progressOf, type Sample } from '../parts/run-progress.ts'
import { rateChart } from '../parts/run-rate.ts'
import { runTitle } from '../parts/run-title.ts'
import { totalsTable } from '../parts/run-totals.ts'
import { dayThisYear, exactMoment, plural, tookText } from '../parts/time.ts'
import { type Page, page, type Visit } from '../visit.ts'

/** A run with what its page shows of it. */
export type ShownRun = {
  readonly run: BillRun
  readonly groups: readonly BillRunFailureGroup[]
  readonly rate: BillRunRate
  /** What was seen of it while it was watched. */
  readonly samples: readonly Sample[]
  /** The run before it, to compare it with; undefined when there is none. */
  readonly before: BillRun | undefined
}

/** Reads a run with what its page shows. */
export async function readShownRun({ client }: Visit, billRunId: string): Promise<ShownRun> {
  const [run, { data: groups }, rate] = await Promise.all([
    client.getBillRun(billRunId),
    client.getBillRunFailureGroups(billRunId),
    client.getBillRunRate(billRunId),
  ])
  return { run, groups, rate, samples: [], before: await runBefore(client, run) }
}

/** The run before this one that billed the same: of its schedule, else of its group. */
async function runBefore(client: Visit['client'], run: BillRun): Promise<BillRun | undefined> {
  const { billGroup, schedule, createdAt } = run
  if (billGroup === null) return undefined
  const { data } = await client.listBillRuns({ billGroup, schedule: schedule ?? undefined, to: createdAt, limit: 10 })
  return data.find(({ status }) => status === 'completed' || status === 'completed_with_failures')
}

export type RunPageState = {
  /** The dialog that cancels it is open. */
  readonly isCancelling?: boolean
  readonly form?: FormState
  readonly status?: number
}

/** The page of a run. While the run is under way its figures follow it. */
export async function billRunPage(visit: Visit, state: RunPageState = {}): Promise<Page> {
  const billRunId = visit.params.billRunId as string
  const [shown, activity] = await Promise.all([
    readShownRun(visit, billRunId),
    visit.client.listAudit({ subject: billRunId }),
  ])
  const { run, before } = shown
  const rateBefore = before && (await visit.client.getBillRunRate(before.billRunId))
  const isLive = isUnderWay(run) && !visit.query.has('paused')
  const path = billRunPath(billRunId)
  return page({
    title: runPageTitle(run),
    section: 'bill-runs',
    status: state.status ?? 200,
    body: html`<p class="lost notice warn" role="status" hidden data-lost><span>Not live since <b data-lost-at></b>, trying again. The figures are of then.</span></p>
      <div id="live" class="stack"${
        isLive
          ? html` hx-sse:connect="${withQuery(new URL(`${path}/live`, visit.url), { compare: visit.query.get('compare') ?? undefined })}" hx-sse:close="done" hx-swap="innerMorph"`
          : ''
      }>${runBody(visit, shown)}</div>
      ${isUnderWay(run) && visit.may('operate') ? cancelDialog(run, state) : ''}
      ${rateChart(visit, shown.rate, before && rateBefore && { run: before, rate: rateBefore })}
      <section class="sheet" aria-labelledby="activity-title"><header><h2 id="activity-title">Activity</h2></header>${activityTable(visit, activity.data)}</section>`,
  })
}

/** For the browser's tab: `63 % – Nightly, 30 November 2026`. */
export function runPageTitle(run: BillRun): string {
  const { accounts } = run.progress
  const isCounted = isUnderWay(run) && !run.selecting && accounts > 0
  return isCounted ? `${percentOf(run)} % – ${runTitle(run)}` : runTitle(run)
}

const percentOf = (run: BillRun) => Math.floor((dealtWithOf(run) * 100) / Math.max(1, run.progress.accounts))

/** All of a run that changes while it goes on. */
export function runBody(visit: Visit, shown: ShownRun): SafeHtml {
  const { run, groups, rate, samples } = shown
  const progress = progressOf(run, samples, rate, visit.now.getTime())
  return html`${heading({
    crumbs: [['/bill-runs', 'Bill runs']],
    title: runTitle(run),
    beside: billRunChip(run),
    actions: actions(visit, run),
  })}
    <p class="lead origin">${origin(visit, run)} ${mono(run.billRunId)}</p>
    <p class="unseen" role="status">${milestone(run)}</p>
    ${run.trouble && isUnderWay(run) ? html`<div class="notice warn"><p><b>It waits: ${run.trouble.reason}.</b> Since ${exactMoment(run.trouble.since, visit)}. It is tried again for as long as this lasts, and nothing is lost.</p></div>` : ''}
    ${isUnderWay(run) ? '' : html`<p class="lead">${ending(visit, run)}</p>`}
    ${runFigures(visit, run, progress)}
    ${runBar(run)}
    ${totals(visit, shown)}
    ${failureGroups(visit, run, groups)}`
}

function actions(visit: Visit, run: BillRun): SafeHtml {
  if (!isUnderWay(run)) return html`<a class="button" href="/invoices?run=${run.billRunId}">Invoices of this run</a>`
  const isPaused = visit.query.has('paused')
  const path = billRunPath(run.billRunId)
  return html`<a class="button plain" href="${isPaused ? path : `${path}?paused=1`}">${isPaused ? 'Follow it again' : 'Pause updates'}</a>
    <noscript><a class="button plain" href="${path}">Load again</a></noscript>
    ${
      visit.may('operate')
        ? html`<button class="button" ${opens('cancel-run')}>Cancel the run…</button>
          <noscript><a class="button plain" href="${path}/cancel">on its own page</a></noscript>`
        : ''
    }`
}

/** What it bills, as of when, and who started it. */
function origin(visit: Visit, run: BillRun): SafeHtml {
  const { billGroup, billDate, schedule, startedBy, startedAt, createdAt, name } = run
  const of = billGroup === null ? html`Named accounts` : html`Group <b>${billGroup}</b>`
  const called = name !== null && name !== runTitle(run) && schedule === null ? html` “${name}”,` : ''
  const by =
    schedule === null
      ? startedBy === null
        ? ''
        : html` by ${startedBy}`
      : html` by the schedule <a href="/schedules/${encodeURIComponent(schedule)}">${schedule}</a>`
  const when =
    startedAt === null
      ? html`Accepted ${exactMoment(createdAt, visit)}`
      : html`Started ${exactMoment(startedAt, visit)}`
  return html`${of},${called} as of ${billDate}. ${when}${by}.`
}

/** What a screen reader is told on the way, and no more than that. */
function milestone(run: BillRun): string {
  if (!isUnderWay(run)) return 'The run has ended.'
  const { failed } = run.progress
  const share = run.selecting ? 0 : percentOf(run)
  const part =
    share >= 75 ? 'Three quarters are done.' : share >= 50 ? 'Half is done.' : share >= 25 ? 'A quarter is done.' : ''
  return failed > 0 ? `${part} Some accounts failed.` : part
}

/** How a run ended, in a sentence or two, and what is safe. */
function ending(visit: Visit, run: BillRun): SafeHtml {
  const { accounts, billed, nothingToBill, failed } = run.progress
  const took =
    run.startedAt === null || run.finishedAt === null
      ? ''
      : ` in ${tookText(Date.parse(run.finishedAt) - Date.parse(run.startedAt))}`
  if (run.status === 'cancelled') {
    const left = accounts - dealtWithOf(run)
    return html`Cancelled${run.finishedAt === null ? '' : html` ${exactMoment(run.finishedAt, visit)}`}${run.cancelledBy === null ? '' : html` by ${run.cancelledBy}`}${
      run.cancelReason === null ? '' : html`: “${run.cancelReason}”`
    }. ${plural(billed, 'account is', 'accounts are')} billed and ${billed === 1 ? 'stays' : 'stay'} billed; ${left === 0 ? 'no other was begun' : `${countText(left)} ${left === 1 ? 'was' : 'were'} never begun`}.`
  }
  if (failed > 0)
    return html`Ended${took}. ${plural(failed, 'account', 'accounts')} could not be billed, and nothing of ${failed === 1 ? 'it' : 'theirs'} was changed. Mend what the reasons say, then retry: the same run bills ${failed === 1 ? 'it' : 'them'}.`
  if (accounts === 0) return html`Completed. No account had anything to bill.`
  if (nothingToBill > 0)
    return html`Completed${took}. ${plural(billed, 'account is', 'accounts are')} billed; ${countText(nothingToBill)} had nothing to bill any more.`
  return html`Completed${took}. Every account is billed.`
}

function totals(visit: Visit, { run, before }: ShownRun): SafeHtml {
  const isCompared = before !== undefined && visit.query.has('compare')
  const path = billRunPath(run.billRunId)
  return html`<section class="sheet" aria-labelledby="totals-title">
    <header><h2 id="totals-title">Totals</h2>${
      before === undefined
        ? ''
        : html`<div class="actions">${
            isCompared
              ? html`<span class="hint">against <a href="${billRunPath(before.billRunId)}">${dayThisYear(before.billDate, visit)}</a></span> <a class="button plain" href="${path}">Without comparing</a>`
              : html`<a class="button plain" href="${path}?compare=1">Compare with ${dayThisYear(before.billDate, visit)}</a>`
          }</div>`
    }</header>
    ${
      run.totals.length === 0
        ? empty(isUnderWay(run) ? 'Nothing is billed yet.' : 'Nothing was billed.')
        : html`<div class="scroll" tabindex="0" role="region" aria-label="Totals by currency">${totalsTable(run.totals, isCompared ? before.totals : undefined)}</div>`
    }
  </section>`
}

function cancelDialog(run: BillRun, { isCancelling = false, form = EMPTY_FORM }: RunPageState): SafeHtml {
  const sent = { ...form, id: 'cancel' }
  return dialog({
    id: 'cancel-run',
    title: 'Cancel this run?',
    isOpen: isCancelling,
    body: html`<form method="post" action="${billRunPath(run.billRunId)}/cancel" novalidate>
      ${errorSummary(sent, { reason: 'Reason' })}
      <p id="cancel-says">${cancelSays(run)}</p>
      ${idempotencyField(sent.values)}
      ${field(sent, { name: 'reason', label: 'Reason', hint: 'For the activity of this run', required: true, maxLength: 500 })}
      <div class="actions">${keepButton('cancel-run', 'Let it go on')}<button class="button danger">Cancel the run</button></div>
    </form>`,
  })
}

/** What cancelling does to the accounts of a run, as it is now. */
export function cancelSays(run: BillRun): SafeHtml {
  const { accounts, billed } = run.progress
  const left = accounts - dealtWithOf(run)
  return html`${billed === 0 ? 'No account is billed yet.' : html`<b>${plural(billed, 'account is', 'accounts are')}</b> billed and ${billed === 1 ? 'stays' : 'stay'} billed.`}
    ${left === 0 && !run.selecting ? '' : html`<b>${run.selecting ? 'The others' : countText(left)}</b> ${left === 1 && !run.selecting ? 'is' : 'are'} not begun, and will not be: a later run bills them.`} A cancelled run cannot be taken up again.`
}
