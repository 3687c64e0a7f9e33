import { drawPanel, PANEL_HEIGHT, scaleOf, WIDTH } from './draw-panel.ts'
import type { Panel } from './read-panels.ts'

const HEADING = 44
const MARGIN_LEFT = 64

const TITLE = {
  accounts: 'Accounts billed a second, by the size of the run',
  charges: 'Charges billed a second, by charges an account',
} as const

/** Draws the panels below one another under a title for each kind, those of a kind on the same scales. Rates from zero; sizes by powers. */
export function drawPlot(panels: readonly Panel[]): string {
  const kinds = [...Map.groupBy(panels, ({ over }) => over)]
  let top = 0
  const drawn = kinds.map(([over, own]) => {
    const scale = scaleOf(own)
    const parts = own.map((panel, index) => {
      const down = HEADING + index * PANEL_HEIGHT
      return `<g transform="translate(0 ${down})">\n${drawPanel(panel, scale)}\n</g>`
    })
    const group = `<g transform="translate(0 ${top})">
<text x="${MARGIN_LEFT}" y="28" font-size="16" font-weight="600">${TITLE[over]}</text>
${parts.join('\n')}
</g>`
    top += HEADING + own.length * PANEL_HEIGHT
    return group
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" width="${WIDTH}" height="${top}" font-family="system-ui, sans-serif" font-size="12" fill="#2d3748">
<title>${kinds.map(([over]) => TITLE[over]).join('; ')}</title>
<rect width="100%" height="100%" fill="#ffffff"/>
${drawn.join('\n')}
</svg>
`
}
