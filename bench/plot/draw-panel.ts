import type { Panel, Point, Series } from './read-panels.ts'

const LOOK = {
  ours: { colour: '#0b6e4f', label: 'Nightbill', width: 2.5, dash: '' },
  floor: { colour: '#4a5568', label: 'best hand-written SQL', width: 1.75, dash: '6 4' },
  stamp: { colour: '#4a5568', label: 'SQL that only stamps', width: 1.75, dash: '6 4' },
  old: { colour: '#7c5cbf', label: 'version of 2026-11-24', width: 1.75, dash: '' },
  'first thing': { colour: '#b4532a', label: 'a job an account', width: 1.75, dash: '2 3' },
} as const

const QUEUE = { postgres: 'Queue on Postgres', redis: 'Queue on Redis' } as const

// All in px.
const PLOT = { width: 500, height: 250 }
const PANEL = { top: 46, left: 64, right: 150, bottom: 56 }
export const WIDTH = PANEL.left + PLOT.width + PANEL.right
export const PANEL_HEIGHT = PANEL.top + PLOT.height + PANEL.bottom
/** Labels at the end of the lines are at least so far apart. */
const LABEL_HEIGHT = 16

const SIZES = {
  accounts: 'accounts in the run (logarithmic)',
  charges: 'pending charges of each account (logarithmic)',
} as const

/** The same for panels that are to be compared. */
export type Scale = {
  readonly sizes: readonly number[]
  readonly rates: readonly number[]
  readonly x: (point: Pick<Point, 'size'>) => number
  readonly y: (point: Pick<Point, 'rate'>) => number
}

/** Rates from zero; sizes by powers. */
export function scaleOf(panels: readonly Panel[]): Scale {
  const points = panels.flatMap(({ series }) => series.flatMap((one) => one.points))
  const sizes = [...new Set(points.map(({ size }) => size))].sort((a, b) => a - b)
  const step = niceStep(Math.max(...points.map(({ rate }) => rate)) / 4)
  const highest = Math.ceil((Math.max(...points.map(({ rate }) => rate)) * 1.05) / step) * step
  const [low = 1, high = 1] = [Math.log(sizes[0] ?? 1), Math.log(sizes.at(-1) ?? 1)]
  const margin = 0.04
  return {
    sizes,
    rates: Array.from({ length: Math.round(highest / step) + 1 }, (_, index) => index * step),
    x: ({ size }) => PANEL.left + PLOT.width * (margin + ((1 - 2 * margin) * (Math.log(size) - low)) / (high - low)),
    y: ({ rate }) => PANEL.top + PLOT.height * (1 - rate / highest),
  }
}

/** One panel, from its own top left corner. */
export function drawPanel({ over, queue, series }: Panel, scale: Scale): string {
  const { sizes, rates } = scale
  const right = PANEL.left + PLOT.width
  const bottom = PANEL.top + PLOT.height
  const grid = rates.map((rate) => {
    const y = px(scale.y({ rate }))
    const stroke = rate === 0 ? '#718096' : '#e2e8f0'
    return `<line x1="${PANEL.left}" x2="${right}" y1="${y}" y2="${y}" stroke="${stroke}"/><text x="${PANEL.left - 8}" y="${y + 4}" text-anchor="end">${grouped(rate)}</text>`
  })
  const ticks = sizes.map((size) => {
    const x = px(scale.x({ size }))
    return `<line x1="${x}" x2="${x}" y1="${bottom}" y2="${bottom + 5}" stroke="#718096"/><text x="${x}" y="${bottom + 19}" text-anchor="middle">${grouped(size)}</text>`
  })
  return [
    `<text x="${PANEL.left}" y="${PANEL.top - 16}" font-size="13" font-weight="600">${QUEUE[queue]}</text>`,
    ...grid,
    ...ticks,
    `<text x="${PANEL.left + PLOT.width / 2}" y="${bottom + 38}" text-anchor="middle" fill="#718096">${SIZES[over]}</text>`,
    ...series.map((one) => drawLine(one, scale)),
    ...drawLabels(series, scale),
  ].join('\n')
}

function drawLine({ contestant, points }: Series, { x, y }: Scale): string {
  const { colour, width, dash } = LOOK[contestant]
  const path = points.map((point) => `${px(x(point))},${px(y(point))}`).join(' ')
  const dots = points.map((point) => `<circle cx="${px(x(point))}" cy="${px(y(point))}" r="3.5" fill="${colour}"/>`)
  const dashes = dash === '' ? '' : ` stroke-dasharray="${dash}"`
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="${width}"${dashes}/>${dots.join('')}`
}

/** Each line's name stands where it ends, pushed down where two would lie on each other. */
function drawLabels(series: readonly Series[], { x, y }: Scale): readonly string[] {
  const ends = series
    .map(({ contestant, points }) => ({ contestant, end: points.at(-1) as Point }))
    .sort((a, b) => b.end.rate - a.end.rate)
  return [...Map.groupBy(ends, ({ end }) => end.size).values()].flatMap((together) => {
    let free = Number.NEGATIVE_INFINITY
    return together.map(({ contestant, end }) => {
      const top = Math.max(y(end) + 4, free)
      free = top + LABEL_HEIGHT
      const { colour, label } = LOOK[contestant]
      return `<text x="${px(x(end)) + 10}" y="${px(top)}" fill="${colour}" font-weight="600">${label}</text>`
    })
  })
}

/** The next of 1, 2, 5, 10, 20, ... that is no less. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least))
  return ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10) * power
}

const px = (value: number) => Math.round(value * 10) / 10
const grouped = (value: number) => value.toLocaleString('en-US')
