import { html, type SafeHtml } from '@remix-run/html-template'
import type { BillRun, Operations } from '../../api/types.ts'
import { Money } from '../../money.ts'
import { type BarColumn, bars } from '../parts/bars.ts'
import { billRunChip } from '../parts/chip.ts'
import { empty } from '../parts/empty.ts'
import { amountText, countText, money, moneyText } from '../parts/money.ts'
import { withQuery } from '../parts/paging.ts'
import { billRunPath, schedulePath } from '../parts/paths.ts'
import { ageText, dayThisYear, durationText, plural } from '../parts/time.ts'
import { timeFormat } from '../parts/time-format.ts'
import type { Visit } from '../visit.ts'

const MAX_RUNS = 5
const MAX_NEXT = 3

/** The last bill runs, and above them those that are due next. */
export function lastRuns(visit: Visit, { nextRuns }: Operations, runs: readonly BillRun[]): SafeHtml {
  return html`<section class="sheet" aria-labelledby="runs-title">
    <header><h2 id="runs-title"><a href="/bill-runs">Bill runs</a></h2>
      ${visit.may('operate') ? html`<div class="actions"><a class="button primary" href="/bill-runs/new" data-hotkey="n">Start a bill run</a></div>` : ''}</header>
    ${nextList(visit, nextRuns)}
    ${
      runs.length === 0
        ? empty(
            'No bill run yet. It makes one invoice for each account that has something pending.',
            html`Start one here, or set a <a href="/schedules">schedule</a>, or <code>nightbill bill-run start --wait</code>.`,
          )
        : html`<table class="stacked">
            <thead><tr><th scope="col">Run</th><th scope="col">As of</th><th scope="col">Status</th><th scope="col" class="r">Took</th><th scope="col" class="r">Accounts</th>
              <th scope="col" class="r">Failed</th><th scope="col" class="r">Charged</th></tr></thead>
            <tbody>${runs.slice(0, MAX_RUNS).map((run) => row(visit, run))}</tbody>
          </table>`
    }
  </section>`
}

function nextList(visit: Visit, nextRuns: Operations['nextRuns']): SafeHtml {
  if (nextRuns.length === 0)
    return html`<p class="next hint">None is due: no <a href="/schedules">schedule</a> is on.</p>`
  return html`<ul class="next">${nextRuns.slice(0, MAX_NEXT).map(
    ({
      schedule,
      billGroup,
      at,
      timezone,
    }) => html`<li>Next: <a href="${schedulePath(schedule)}">${schedule}</a>, ${billGroup},
      ${dueText(at, timezone, visit.now)} ${timezone}, <span title="${at}">in ${ageText(Math.max(0, (Date.parse(at) - visit.now.getTime()) / 1_000))}</span></li>`,
  )}</ul>`
}

/** When a run is due, by the clock of its schedule's zone: `tomorrow 02:00`. */
function dueText(at: string, zone: string, now: Date): string {
  const day = (date: Date) => timeFormat(zone, { weekday: 'long', day: 'numeric', month: 'short' }).format(date)
  const clock = timeFormat(zone, { hour: '2-digit', minute: '2-digit' }).format(new Date(at))
  const due = day(new Date(at))
  if (due === day(now)) return `today ${clock}`
  return due === day(new Date(now.getTime() + 86_400_000)) ? `tomorrow ${clock}` : `${due} ${clock}`
}

/** What a run is called: its schedule, its name, or whom it bills. */
export const runName = ({ schedule, name, billGroup }: BillRun): string =>
  schedule ?? name ?? billGroup ?? 'Named accounts'

function row(visit: Visit, run: BillRun): SafeHtml {
  const { billRunId, billDate, progress, totals } = run
  const [first, ...others] = totals.toSorted((a, b) => b.invoices - a.invoices)
  return html`<tr class="rows">
    <th scope="row" class="first"><a class="row" href="${billRunPath(billRunId)}">${runName(run)}</a></th>
    <td class="nowrap">${dayThisYear(billDate, visit)}</td>
    <td class="nowrap">${billRunChip(run)}</td>
    <td class="r at-left" data-label="took">${tookText(run, visit.now) ?? '–'}</td>
    <td class="r" data-label="accounts">${countText(progress.accounts)}</td>
    <td class="r drop">${progress.failed === 0 ? html`<span class="zero">0</span>` : html`<a href="${billRunPath(billRunId)}/failures">${countText(progress.failed)}</a>`}</td>
    <td class="r first">${first ? html`${money(first.charged, first.currency)}${others.length === 0 ? '' : html` <span class="unit">+${others.length}</span>`}` : html`<span class="zero">–</span>`}</td>
  </tr>`
}

const tookMs = ({ startedAt, finishedAt }: BillRun, now: Date) =>
  startedAt === null
    ? undefined
    : (finishedAt === null ? now.getTime() : Date.parse(finishedAt)) - Date.parse(startedAt)

function tookText(run: BillRun, now: Date): string | undefined {
  const ms = tookMs(run, now)
  return ms === undefined ? undefined : durationText(ms)
}

/** The last thirty runs as bars, each column a link to its run: how long, how many, how much, how many failed. */
export function manyRuns(visit: Visit, newestFirst: readonly BillRun[]): SafeHtml {
  const runs = newestFirst.filter(({ finishedAt }) => finishedAt !== null).toReversed()
  if (runs.length < 2) return html``
  const currencies = [...new Set(runs.flatMap(({ totals }) => totals.map(({ currency }) => currency)))].toSorted()
  const wanted = visit.query.get('currency')
  const currency = currencies.find((one) => one === wanted) ?? mostUsed(runs) ?? ''
  const charged = runs.map((run) => run.totals.find((total) => total.currency === currency)?.charged ?? '0')
  const most = {
    took: Math.max(1, ...runs.map((run) => tookMs(run, visit.now) ?? 0)),
    accounts: Math.max(1, ...runs.map(({ progress }) => progress.accounts)),
    charged: charged.reduce((max, amount) => Money.max(max, amount), new Money(0)),
    failed: Math.max(1, ...runs.map(({ progress }) => progress.failed)),
  }
  const columns = runs.map((run, index) => columnOf(visit, run, { charged: charged[index] as string, currency, most }))
  const failed = Math.max(...runs.map(({ progress }) => progress.failed))
  return html`<section class="sheet" aria-labelledby="many-title">
    <header><h2 id="many-title">Runs over time</h2>${currencySwitch(visit, currencies, currency)}</header>
    ${bars(
      [
        { label: 'Took', most: `at most ${durationText(most.took)}` },
        { label: 'Accounts', most: `at most ${countText(most.accounts)}` },
        {
          label: 'Charged',
          most: currency === '' ? 'nothing' : `at most ${amountText(most.charged.toFixed())} ${currency}`,
        },
        { label: 'Failed', most: failed === 0 ? 'none' : `at most ${countText(failed)}` },
      ],
      columns,
    )}
    <p class="hint span">The newest at the right. A bar opens its run.</p>
  </section>`
}

type Scale = {
  readonly charged: string
  readonly currency: string
  readonly most: { readonly took: number; readonly accounts: number; readonly charged: Money; readonly failed: number }
}

function columnOf(visit: Visit, run: BillRun, { charged, currency, most }: Scale): BarColumn {
  const { progress, billRunId, billDate, status } = run
  const took = tookMs(run, visit.now) ?? 0
  const tone = status === 'cancelled' ? 'past' : 'accent'
  const said = [
    `${runName(run)}, ${dayThisYear(billDate, visit)}${status === 'cancelled' ? ', cancelled' : ''}: took ${durationText(took)}`,
    plural(progress.accounts, 'account'),
    ...(currency === '' ? [] : [`${moneyText(charged, currency)} charged`]),
    `${countText(progress.failed)} failed`,
  ]
  return {
    href: billRunPath(billRunId),
    text: said.join(', '),
    values: [
      { part: took / most.took, tone },
      { part: progress.accounts / most.accounts, tone },
      { part: most.charged.isZero() ? 0 : new Money(charged).dividedBy(most.charged).toNumber(), tone },
      { part: progress.failed / most.failed, tone: 'bad' },
    ],
  }
}

/** The currency of the most invoices. */
function mostUsed(runs: readonly BillRun[]): string | undefined {
  const counts = new Map<string, number>()
  for (const { currency, invoices } of runs.flatMap(({ totals }) => totals))
    counts.set(currency, (counts.get(currency) ?? 0) + invoices)
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0]
}

function currencySwitch({ url }: Visit, currencies: readonly string[], current: string): SafeHtml {
  if (currencies.length < 2) return html``
  return html`<nav class="actions switch" aria-label="Currency">${currencies.map(
    (currency) =>
      html`<a href="${withQuery(url, { currency })}"${currency === current ? html` aria-current="true"` : ''}>${currency}</a>`,
  )}</nav>`
}
