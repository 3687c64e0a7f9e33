import type { Panel, Point, Series } from './read-panels.ts'

const LOOK = {
  ours: { colour: '#0b6e4f', label: 'Nightbill', width: 2.5, dash: '' },
  floor: { colour: '#4a5568', label: 'best hand-written SQL', width: 1.75, dash: '6 4' },
  'first thing': { colour: '#b4532a', label: 'a job an account', width: 1.75, dash: '2 3' },
} as const

const QUEUE = { postgres: 'Queue on Postgres', redis: 'Queue on Redis' } as const

// All in px.
const PLOT = { width: 500, height: 250 }
const PANEL = { top: 46, left: 64, right: 150, bottom: 56 }
const WIDTH = PANEL.left + PLOT.width + PANEL.right
const PANEL_HEIGHT = PANEL.top + PLOT.height + PANEL.bottom
const HEADING = 44
/** Labels at the end of the lines are at least so far apart. */
const LABEL_HEIGHT = 16

/** Draws the panels below one another, on the same scales. Rates from zero; accounts by powers. */
export function drawPanels(panels: readonly Panel[]): string {
  const points = panels.flatMap(({ series }) => series.flatMap((one) => one.points))
  const sizes = [...new Set(points.map(({ accounts }) => accounts))].sort((a, b) => a - b)
  const step = niceStep(Math.max(...points.map(({ rate }) => rate)) / 4)
  const highest = Math.ceil((Math.max(...points.map(({ rate }) => rate)) * 1.05) / step) * step
  const [low = 1, high = 1] = [Math.log(sizes[0] ?? 1), Math.log(sizes.at(-1) ?? 1)]
  const margin = 0.04
  const place: Place = {
    x: ({ accounts }) => {
      const share = high === low ? 0.5 : (Math.log(accounts) - low) / (high - low)
      return PANEL.left + PLOT.width * (margin + (1 - 2 * margin) * share)
    },
    y: ({ rate }) => PANEL.top + PLOT.height * (1 - rate / highest),
  }
  const height = HEADING + panels.length * PANEL_HEIGHT
  const rates = Array.from({ length: Math.round(highest / step) + 1 }, (_, index) => index * step)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="12" fill="#2d3748">
<title>Accounts billed a second over the number of accounts in the run</title>
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="${PANEL.left}" y="28" font-size="16" font-weight="600">Accounts billed a second, by the size of the run</text>
${panels.map((panel, index) => `<g transform="translate(0 ${HEADING + index * PANEL_HEIGHT})">\n${drawPanel(panel, place, sizes, rates)}\n</g>`).join('\n')}
</svg>
`
}

type Place = {
  readonly x: (point: Pick<Point, 'accounts'>) => number
  readonly y: (point: Pick<Point, 'rate'>) => number
}

function drawPanel({ queue, series }: Panel, place: Place, sizes: readonly number[], rates: readonly number[]): string {
  const right = PANEL.left + PLOT.width
  const bottom = PANEL.top + PLOT.height
  const grid = rates.map((rate) => {
    const y = px(place.y({ rate }))
    const stroke = rate === 0 ? '#718096' : '#e2e8f0'
    return `<line x1="${PANEL.left}" x2="${right}" y1="${y}" y2="${y}" stroke="${stroke}"/><text x="${PANEL.left - 8}" y="${y + 4}" text-anchor="end">${grouped(rate)}</text>`
  })
  const ticks = sizes.map((accounts) => {
    const x = px(place.x({ accounts }))
    return `<line x1="${x}" x2="${x}" y1="${bottom}" y2="${bottom + 5}" stroke="#718096"/><text x="${x}" y="${bottom + 19}" text-anchor="middle">${grouped(accounts)}</text>`
  })
  return [
    `<text x="${PANEL.left}" y="${PANEL.top - 16}" font-size="13" font-weight="600">${QUEUE[queue]}</text>`,
    ...grid,
    ...ticks,
    `<text x="${PANEL.left + PLOT.width / 2}" y="${bottom + 38}" text-anchor="middle" fill="#718096">accounts in the run (logarithmic)</text>`,
    ...series.map((one) => drawLine(one, place)),
    ...drawLabels(series, place),
  ].join('\n')
}

function drawLine({ contestant, points }: Series, { x, y }: Place): string {
  const { colour, width, dash } = LOOK[contestant]
  const path = points.map((point) => `${px(x(point))},${px(y(point))}`).join(' ')
  const dots = points.map((point) => `<circle cx="${px(x(point))}" cy="${px(y(point))}" r="3.5" fill="${colour}"/>`)
  const dashes = dash === '' ? '' : ` stroke-dasharray="${dash}"`
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="${width}"${dashes}/>${dots.join('')}`
}

/** Each line's name stands where it ends, pushed down where two would lie on each other. */
function drawLabels(series: readonly Series[], { x, y }: Place): readonly string[] {
  let free = Number.NEGATIVE_INFINITY
  return series
    .map(({ contestant, points }) => ({ contestant, end: points.at(-1) as Point }))
    .sort((a, b) => b.end.rate - a.end.rate)
    .map(({ contestant, end }) => {
      const top = Math.max(y(end) + 4, free)
      free = top + LABEL_HEIGHT
      const { colour, label } = LOOK[contestant]
      return `<text x="${px(x(end)) + 10}" y="${px(top)}" fill="${colour}" font-weight="600">${label}</text>`
    })
}

/** The next of 1, 2, 5, 10, 20, ... that is no less. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least))
  return ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10) * power
}

const px = (value: number) => Math.round(value * 10) / 10
const grouped = (value: number) => value.toLocaleString('en-US')
