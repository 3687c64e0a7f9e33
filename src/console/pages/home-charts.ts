import { html, type SafeHtml } from '@remix-run/html-template'
import type { Operations, OperationsHistory } from '../../api/types.ts'
import { type Chart, type ChartSeries, chartClock, chartValue } from '../parts/chart.ts'
import { countText } from '../parts/money.ts'
import type { Visit } from '../visit.ts'

type Kind = OperationsHistory['kinds'][number]
type Work = Operations['now'][number]
type Values = readonly (number | null)[]

const NAMES: Readonly<Record<string, readonly [one: string, tone: ChartSeries['tone']]>> = {
  credit: ['Credits', 'accent'],
  reversal: ['Reversals', 'rev'],
  'bill-batch': ['Batches', 'ok'],
}

/** What the four charts of home are made of: the history, what is true now, and whether it is shown by kind. */
export type ChartFacts = {
  readonly operations: Operations
  readonly history: OperationsHistory
  readonly byKind: boolean
}

/** A chart of home: what of a kind's history it shows, how several kinds make one, and what it says. */
type HomeChart = Pick<Chart, 'id' | 'name' | 'unit'> & {
  readonly href: string
  readonly series: (kind: Kind) => Values
  readonly together: (values: readonly number[]) => number
  /** Only of what callers wait for: a batch waits for its turn in a bill run. */
  readonly onlyRequests?: boolean
  readonly now: (work: readonly Work[]) => number | null
  /** The finding that colours the line, or the tone that failures have. */
  readonly alarm: string
  readonly tone: 'warn' | 'bad'
  readonly nothing: string
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
const largest = (values: readonly number[]) => Math.max(0, ...values)

const CHARTS: readonly HomeChart[] = [
  {
    id: 'waiting',
    name: 'Waiting',
    unit: 'count',
    href: '/work?status=queued',
    series: ({ waiting }) => waiting,
    together: sum,
    now: (work) => sum(work.map(({ open }) => open)),
    alarm: 'waits_',
    tone: 'warn',
    nothing: 'Nothing waited.',
  },
  {
    id: 'oldest',
    name: 'Oldest waiting',
    unit: 'seconds',
    href: '/work?status=queued',
    series: ({ oldestSeconds }) => oldestSeconds,
    together: largest,
    onlyRequests: true,
    now: (work) => largest(work.map(({ oldestSeconds }) => oldestSeconds)),
    alarm: 'waits_',
    tone: 'warn',
    nothing: 'Nothing waited.',
  },
  {
    id: 'done',
    name: 'Carried out a minute',
    unit: 'count',
    href: '/work?status=done',
    series: ({ donePerMinute }) => donePerMinute,
    together: sum,
    now: (work) => (work.some(({ donePerMinute }) => donePerMinute === null) ? null : sum(work.map(doneOf))),
    alarm: 'none',
    tone: 'warn',
    nothing: 'Nothing was asked for.',
  },
  {
    id: 'failed',
    name: 'Failed an hour',
    unit: 'count',
    href: '/work?status=failed',
    series: ({ failedPerHour }) => failedPerHour,
    together: sum,
    now: (work) => sum(work.map(({ failedLastHour }) => failedLastHour)),
    alarm: '',
    tone: 'bad',
    nothing: 'Nothing failed.',
  },
]

const doneOf = ({ donePerMinute }: Work) => donePerMinute ?? 0

/** The four charts of home, over one axis of time. */
export function homeCharts(visit: Visit, facts: ChartFacts): readonly Chart[] {
  const { history, operations } = facts
  const times = timesOf(history)
  const marks = history.runs.map(({ startedAt }) => Date.parse(startedAt) / 1_000)
  const requests = new Set(operations.now.filter(({ isRequest }) => isRequest).map(({ kind }) => kind))
  return CHARTS.map((spec) => {
    // A bill run is no piece of work of its own: its batches are.
    const has = (kind: string) => kind !== 'bill-run' && (!spec.onlyRequests || requests.has(kind))
    const kinds = history.kinds.filter(({ kind }) => has(kind))
    const all = together(kinds.map(spec.series), spec.together)
    const now = spec.now(operations.now.filter(({ kind }) => has(kind)))
    return {
      id: spec.id,
      name: spec.name,
      title: html`<a href="${spec.href}">${spec.name}</a>`,
      unit: spec.unit,
      now: now === null ? '–' : chartValue(now, spec.unit),
      sentence: sentence(visit, spec, times, all),
      times,
      marks,
      group: 'home',
      series: facts.byKind ? kinds.map((kind) => seriesOf(kind, spec)) : [totalOf(all, spec, facts)],
      none: 'Not measured yet: the first figures are here a minute after the relay has started.',
    }
  })
}

export const timesOf = ({ from, stepSeconds, kinds }: OperationsHistory): readonly number[] => {
  const first = Date.parse(from) / 1_000
  return Array.from({ length: kinds[0]?.waiting.length ?? 0 }, (_, step) => first + step * stepSeconds)
}

function seriesOf(kind: Kind, { series }: HomeChart): ChartSeries {
  const [label, tone = 'past'] = NAMES[kind.kind] ?? [kind.kind, 'past']
  return { label, values: series(kind), tone }
}

function totalOf(
  values: Values,
  { name, alarm, tone }: HomeChart,
  { operations: { findings } }: ChartFacts,
): ChartSeries {
  const isAlarming =
    alarm === '' ? values.some((value) => (value ?? 0) > 0) : findings.some(({ code }) => code.startsWith(alarm))
  return { label: name, values, tone: isAlarming ? tone : 'accent' }
}

/** One value of several kinds for each step; null where none was measured. */
function together(series: readonly Values[], how: (values: readonly number[]) => number): Values {
  return (series[0] ?? []).map((_, step) => {
    const known = series.flatMap((values) => values[step] ?? [])
    return known.length === 0 ? null : how(known)
  })
}

function sentence(visit: Visit, { unit, nothing }: HomeChart, times: readonly number[], values: Values): string {
  const most = largest(values.map((value) => value ?? 0))
  if (most === 0) return `${nothing.slice(0, -1)} in 24 hours.`
  const at = times[values.indexOf(most)] ?? 0
  return `At most ${chartValue(most, unit)}, at ${chartClock(visit, at)}.`
}

/** What is said where a figure of 0 would look dead: that all is carried out, and when the last was taken. */
export function lastTaken({ now, at }: Operations): SafeHtml {
  const times = now.flatMap(({ lastTakenAt, kind }) =>
    lastTakenAt && kind !== 'bill-run' ? [Date.parse(lastTakenAt)] : [],
  )
  const open = sum(now.map((work) => (work.kind === 'bill-run' ? 0 : work.open)))
  if (times.length === 0) return html`Nothing was ever carried out.`
  const ago = chartValue(Math.max(0, (Date.parse(at) - Math.max(...times)) / 1_000), 'seconds')
  return open === 0
    ? html`All is carried out, the last one was taken ${ago === '0' ? 'just now' : `${ago} ago`}.`
    : html`${countText(open)} wait, the last one was taken ${ago === '0' ? 'just now' : `${ago} ago`}.`
}
