import { html, type SafeHtml } from '@remix-run/html-template'
import type { BillRun, BillRunRate } from '../../api/types.ts'
import type { Visit } from '../visit.ts'
import { type ChartSeries, chart, chartFiles } from './chart.ts'
import { countText } from './money.ts'
import { billRunPath } from './paths.ts'
import { dayThisYear } from './time.ts'

/** A plot has at most so many points. */
const MAX_POINTS = 240

export type RunBefore = { readonly run: BillRun; readonly rate: BillRunRate }

/** How fast a run dealt with accounts, from its beginning on, and, fainter, how fast the run before did. */
export function rateChart(
  visit: Visit,
  { accounts, stepSeconds }: BillRunRate,
  before: RunBefore | undefined,
): SafeHtml {
  if (accounts.length < 2) return html``
  const count = Math.min(MAX_POINTS, Math.max(accounts.length, Math.ceil(secondsOf(before?.rate) / stepSeconds)))
  const times = Array.from({ length: count }, (_, index) => index * stepSeconds)
  const perSecond = accounts.map((one) => one / stepSeconds)
  const series: ChartSeries[] = [{ label: 'This run', values: times.map((_, index) => perSecond[index] ?? null) }]
  if (before && before.rate.accounts.length > 1)
    series.push({
      label: `The run of ${dayThisYear(before.run.billDate, visit)}`,
      tone: 'past',
      values: times.map((seconds) => rateAt(before.rate, seconds)),
    })
  const most = countText(Math.round(Math.max(...perSecond)))
  return html`<section class="sheet charted" aria-label="Rate">${chart(visit, {
    id: 'rate',
    title: 'Accounts a second',
    name: 'accounts a second',
    sentence: `At most ${most} accounts a second, by the moments at which batches ended. Each account counts where it was first tried.`,
    times,
    x: 'elapsed',
    unit: 'count',
    series,
    fold: 'mean',
    none: 'Nothing was billed yet.',
  })}${
    before === undefined
      ? ''
      : html`<p class="hint"><a href="${billRunPath(before.run.billRunId)}">The run of ${dayThisYear(before.run.billDate, visit)}</a></p>`
  }</section>${chartFiles()}`
}

const secondsOf = (rate: BillRunRate | undefined) => (rate ? rate.accounts.length * rate.stepSeconds : 0)

function rateAt({ accounts, stepSeconds }: BillRunRate, seconds: number): number | null {
  const count = accounts[Math.floor(seconds / stepSeconds)]
  return count === undefined ? null : count / stepSeconds
}
