// Draws the charts of a page from what stands in it (parts/chart.ts). The colours are the page's, and change with its theme; the times are in
// the zone that the reader chose.

/** @typedef {{ label: string, values: (number | null)[], tone?: string }} Series */
/** @typedef {{ times: number[], x: 'time' | 'elapsed', unit: 'count' | 'seconds', series: Series[], marks: number[], group: string, zone: string }} Chart */
/** @typedef {{ plot: uPlot, shape: string }} Drawn */

/** The names of the colours of a line and of the ground under it. */
const TONES = /** @type {Record<string, [line: string, ground: string | undefined]>} */ ({
  accent: ['--accent', '--accent-soft'],
  warn: ['--warn', '--warn-soft'],
  bad: ['--bad', '--bad-soft'],
  rev: ['--rev', undefined],
  ok: ['--ok', undefined],
  past: ['--ink-3', undefined],
})

/** Steps of an axis of seconds that people count by. */
const SECONDS = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400, 172_800, 604_800]
const COUNTS = [1, 2, 5]
  .flatMap((one) => Array.from({ length: 12 }, (_, power) => one * 10 ** power))
  .sort((a, b) => a - b)

const drawn = /** @type {Map<Element, Drawn>} */ (new Map())

/** A colour of the page, as the canvas takes it: the browser resolves it on an element. */
const probe = document.body.appendChild(document.createElement('span'))
probe.hidden = true
/** @param {string} token */
function colour(token) {
  probe.style.color = `var(${token})`
  return getComputedStyle(probe).color
}

/** @param {number} seconds */
function duration(seconds) {
  if (seconds < 60) return `${Math.round(seconds * 10) / 10} s`
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`
  if (seconds < 129_600) return `${Math.round(seconds / 3_600)} h`
  return `${Math.round(seconds / 86_400)} days`
}

/** @param {number} seconds */
function elapsed(seconds) {
  const two = (/** @type {number} */ number) => String(number).padStart(2, '0')
  const hours = Math.floor(seconds / 3_600)
  const minutes = Math.floor(seconds / 60) % 60
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(Math.round(seconds % 60))}`
}

const number = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })

/**
 * Writes a value.
 * @param {Chart} chart
 * @param {number} value
 */
const written = ({ unit }, value) => (unit === 'seconds' ? (value === 0 ? '0' : duration(value)) : number.format(value))

/** @param {Chart} chart */
function timesOf({ x, zone, times }) {
  if (x === 'elapsed') return elapsed
  const isLong = (times.at(-1) ?? 0) - (times[0] ?? 0) > 2 * 86_400
  const parts = /** @type {Intl.DateTimeFormatOptions} */ (
    isLong ? { day: 'numeric', month: 'short' } : { hour: '2-digit', minute: '2-digit' }
  )
  const format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, ...parts })
  return (/** @type {number} */ seconds) => format.format(seconds * 1_000)
}

/**
 * The options of a plot.
 * @param {Chart} chart
 * @param {HTMLElement} place
 * @param {Element | null} readout
 * @returns {uPlot.Options}
 */
function optionsOf(chart, place, readout) {
  const time = timesOf(chart)
  const font = '12px "Source Sans 3", system-ui, sans-serif'
  const axis = { stroke: () => colour('--ink-2'), font, ticks: { show: false }, border: { show: false } }
  return {
    ...sizeOf(place),
    padding: [8, 8, 0, 0],
    legend: { show: false },
    tzDate: (seconds) =>
      chart.x === 'time' ? uPlot.tzDate(new Date(seconds * 1_000), chart.zone) : new Date(seconds * 1_000),
    scales: {
      x: { time: chart.x === 'time' },
      y: { range: (_plot, _min, max) => [0, Math.max(max ?? 0, 1) * 1.08] },
    },
    axes: [
      { ...axis, grid: { show: false }, space: 56, size: 22, gap: 4, values: (_plot, splits) => splits.map(time) },
      {
        ...axis,
        grid: { stroke: () => colour('--line'), width: 1 },
        space: place.clientHeight < 90 ? 20 : 32,
        gap: 6,
        incrs: chart.unit === 'seconds' ? SECONDS : COUNTS,
        size: (plot, values) => widthOf(plot, values ?? [], font),
        values: (_plot, splits) => splits.map((value) => written(chart, value)),
      },
    ],
    series: [{}, ...chart.series.map(lineOf)],
    cursor: {
      y: false,
      drag: { setScale: false, x: false, y: false },
      points: { size: 6 },
      ...(chart.group ? { sync: { key: chart.group } } : {}),
    },
    hooks: {
      draw: [(plot) => drawMarks(plot, chart.marks)],
      setCursor: [(plot) => readout?.replaceChildren(readOff(plot, chart, time))],
    },
  }
}

/**
 * A line; the first one has its ground.
 * @param {Series} series
 * @param {number} index
 * @returns {uPlot.Series}
 */
function lineOf({ tone = 'accent' }, index) {
  const [line, ground] = TONES[tone] ?? ['--accent', undefined]
  return {
    stroke: () => colour(line),
    width: 1.5,
    points: { show: false },
    ...(tone === 'past' ? { dash: [4, 4] } : {}),
    ...(index === 0 && ground ? { fill: () => colour(ground) } : {}),
  }
}

/**
 * As wide as the widest value of the axis.
 * @param {uPlot} plot
 * @param {string[]} values
 * @param {string} font
 */
function widthOf(plot, values, font) {
  plot.ctx.font = font
  return Math.ceil(Math.max(16, ...values.map((value) => plot.ctx.measureText(value).width))) + 10
}

/**
 * Hairlines at moments.
 * @param {uPlot} plot
 * @param {number[]} marks
 */
function drawMarks({ ctx, bbox, scales, valToPos }, marks) {
  const { min = 0, max = 0 } = scales.x ?? {}
  ctx.save()
  ctx.strokeStyle = colour('--edge')
  ctx.lineWidth = 1
  ctx.beginPath()
  for (const mark of marks) {
    if (mark < (min ?? 0) || mark > (max ?? 0)) continue
    const at = Math.round(valToPos(mark, 'x', true)) + 0.5
    ctx.moveTo(at, bbox.top)
    ctx.lineTo(at, bbox.top + bbox.height)
  }
  ctx.stroke()
  ctx.restore()
}

/**
 * What is under the cursor.
 * @param {uPlot} plot
 * @param {Chart} chart
 * @param {(seconds: number) => string} time
 */
function readOff({ cursor: { idx } }, chart, time) {
  const at = idx === null || idx === undefined ? undefined : chart.times[idx]
  if (at === undefined) return ''
  const values = chart.series.map(({ values }) => values[/** @type {number} */ (idx)])
  const known = values.map((value) => (value === null || value === undefined ? '–' : written(chart, value)))
  return `${time(at)}  ${known.join(' · ')}`
}

/** @param {HTMLElement} place */
const sizeOf = (place) => ({ width: place.clientWidth, height: place.clientHeight })

/** Draws every chart that is not drawn as it stands in the page. */
function drawAll() {
  for (const [figure, { plot }] of drawn) {
    if (figure.isConnected) continue
    plot.destroy()
    drawn.delete(figure)
  }
  for (const data of document.querySelectorAll('[data-chart]')) {
    const figure = data.closest('figure.chart')
    if (figure) draw(figure, /** @type {HTMLElement} */ (data).dataset.chart ?? '')
  }
}

/**
 * @param {Element} figure
 * @param {string} shape
 */
function draw(figure, shape) {
  const place = /** @type {HTMLElement | null} */ (figure.querySelector('.plot'))
  const before = drawn.get(figure)
  if (!place || (before?.shape === shape && place.contains(before.plot.root))) return
  before?.plot.destroy()
  const chart = /** @type {Chart} */ (JSON.parse(shape))
  const data = /** @type {uPlot.AlignedData} */ ([chart.times, ...chart.series.map(({ values }) => values)])
  drawn.set(figure, { plot: new uPlot(optionsOf(chart, place, figure.querySelector('.readout')), data, place), shape })
  sizes.observe(place)
}

const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const found = [...drawn.values()].find(({ plot }) => plot.root.parentElement === target)
    const size = sizeOf(/** @type {HTMLElement} */ (target))
    if (found && size.width > 0 && (found.plot.width !== size.width || found.plot.height !== size.height))
      found.plot.setSize(size)
  }
})

const redrawAll = () => {
  for (const { plot } of drawn.values()) plot.redraw(false)
}
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redrawAll)
new MutationObserver(redrawAll).observe(document.documentElement, { attributeFilter: ['data-theme'] })
document.addEventListener('htmx:after:swap', drawAll)
// The axes are as wide as their words, which are known when the font is there.
void document.fonts.ready.then(() => {
  drawAll()
  for (const { plot } of drawn.values()) plot.redraw(false, true)
})
