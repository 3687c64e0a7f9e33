import { html, type SafeHtml } from '@remix-run/html-template'
import { asset } from '../assets.ts'
import type { LivePart } from '../live.ts'
import type { Visit } from '../visit.ts'
import { ageText, dayIn, dayThisYear, durationText } from './time.ts'
import { timeFormat } from './time-format.ts'

/** What the values are, which says how they are written. */
export type ChartUnit = 'count' | 'seconds'

export type ChartSeries = {
  readonly label: string
  /** A value for each of the chart's times; null where there is none. */
  readonly values: readonly (number | null)[]
  /** `accent` unless said. `past`: what it was before, dashed and grey. */
  readonly tone?: 'accent' | 'warn' | 'bad' | 'rev' | 'ok' | 'past'
}

export type Chart = {
  /** Unique in the page. */
  readonly id: string
  /** Its heading, which may be a link to what it counts. */
  readonly title: SafeHtml | string
  /** The name of the chart without markup, for screen readers. */
  readonly name: string
  /** The value now, large in the heading. */
  readonly now?: string
  /** What the chart shows, in a sentence: for whoever cannot see it, or is in a hurry. */
  readonly sentence: string
  /** Seconds since 1970, in ascending order; with `x: 'elapsed'` seconds since the beginning. */
  readonly times: readonly number[]
  readonly x?: 'time' | 'elapsed'
  readonly unit: ChartUnit
  readonly series: readonly ChartSeries[]
  /** Moments that get a hairline, such as when a run began. */
  readonly marks?: readonly number[]
  /** Charts with the same name share their cursor. */
  readonly group?: string
  /** Of several values in one row of the table: the largest unless said. */
  readonly fold?: 'largest' | 'mean'
  /** What stands in its place when there are no values. */
  readonly none: string
}

/** The table has at most so many rows: the plot has all. */
const MAX_ROWS = 24

/**
 * A chart: heading, plot, a sentence, and its figures as a table. A script draws the plot (`browser/chart.js`); without one the sentence and the
 * table say the same. A page with charts has `chartFiles()` once.
 */
export function chart(visit: Visit, spec: Chart): SafeHtml {
  const { id, title, now, sentence, none } = spec
  const isEmpty = spec.series.every(({ values }) => values.every((value) => value === null))
  return html`<figure class="chart" id="${id}" aria-labelledby="${id}-title">
    <figcaption><h3 id="${id}-title">${title}</h3><span class="readout" aria-hidden="true"></span>${
      now === undefined ? '' : html`<b class="now" id="${id}-now">${now}</b>`
    }</figcaption>
    ${
      isEmpty
        ? html`<p class="hint">${none}</p>`
        : html`<div id="${id}-data" hidden>${chartData(visit, spec)}</div><div class="plot" aria-hidden="true"></div>
          ${legend(spec)}
          <p class="hint">${sentence}</p>
          <details><summary>Show figures</summary>${table(visit, spec)}</details>`
    }
  </figure>`
}

/** What of a chart a live page sends anew: the value now, and what the script draws. */
export const chartParts = (visit: Visit, spec: Chart): readonly LivePart[] => [
  { id: `${spec.id}-now`, inside: spec.now ?? '' },
  { id: `${spec.id}-data`, inside: chartData(visit, spec) },
]

function chartData({ preferences: { zone } }: Visit, spec: Chart): SafeHtml {
  const { times, x = 'time', unit, series, marks = [], group = '' } = spec
  const data = JSON.stringify({ times, x, unit, series, marks, group, zone })
  return html`<div data-chart="${data}"></div>`
}

/** The files that draw the charts of a page. */
export function chartFiles(): SafeHtml {
  return html`<link rel="stylesheet" href="${asset('uplot.css')}" />
    <script defer src="${asset('uplot.js')}"></script>
    <script type="module" src="${asset('chart.js')}"></script>`
}

/** A value as it is written in headings, sentences and tables. */
export function chartValue(value: number, unit: ChartUnit): string {
  if (unit === 'seconds') return value < 1 ? (value === 0 ? '0' : 'under 1 s') : ageText(value)
  const rounded = value < 10 ? Math.round(value * 10) / 10 : Math.round(value)
  return String(rounded).replace(/\B(?=(?:\d{3})+(?:\.|$))/g, ',')
}

/** Which line is which. One line needs no legend. */
function legend({ series }: Chart): SafeHtml {
  if (series.length < 2) return html``
  return html`<ul class="legend">${series.map(
    ({ label, tone = 'accent' }) => html`<li class="${tone}">${label}</li>`,
  )}</ul>`
}

function table(visit: Visit, { id, name, times, x = 'time', unit, series, fold = 'largest' }: Chart): SafeHtml {
  const rows = rowsOf(times, series, fold)
  const time = x === 'elapsed' ? (at: number) => durationText(at * 1_000) : (at: number) => clock(visit, at)
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Figures of ${name}" id="${id}-figures"><table>
    <thead><tr><th scope="col">From</th>${series.map(({ label }) => html`<th scope="col" class="r">${label}</th>`)}</tr></thead>
    <tbody>${rows.map(
      ({ at, values }) =>
        html`<tr><th scope="row" class="nowrap">${time(at)}</th>${values.map(
          (value) => html`<td class="r">${value === null ? '–' : chartValue(value, unit)}</td>`,
        )}</tr>`,
    )}</tbody>
  </table></div>`
}

type Row = { readonly at: number; readonly values: readonly (number | null)[] }

/** The values in few rows, each for as many steps. */
function rowsOf(times: readonly number[], series: readonly ChartSeries[], fold: 'largest' | 'mean'): readonly Row[] {
  const size = Math.max(1, Math.ceil(times.length / MAX_ROWS))
  return times.flatMap((at, index) => {
    if (index % size !== 0) return []
    const values = series.map((one) => folded(one.values.slice(index, index + size), fold))
    return [{ at, values }]
  })
}

function folded(values: readonly (number | null)[], fold: 'largest' | 'mean'): number | null {
  const known = values.filter((value) => value !== null)
  if (known.length === 0) return null
  return fold === 'largest' ? Math.max(...known) : known.reduce((sum, value) => sum + value, 0) / known.length
}

/** A moment of a chart in the reader's zone, with its day if that is not today. */
function clock(visit: Visit, seconds: number): string {
  const {
    now,
    preferences: { zone },
  } = visit
  const at = new Date(seconds * 1_000)
  const time = timeFormat(zone, { hour: '2-digit', minute: '2-digit' }).format(at)
  const day = dayIn(zone, at)
  return day === dayIn(zone, now) ? time : `${dayThisYear(day, visit)}, ${time}`
}

export { clock as chartClock }
