import { styleText } from 'node:util'
import { printable } from '../client/printable.ts'
import { cutText, textWidth } from './text-width.ts'

export type Colour = 'green' | 'yellow' | 'red' | 'blue' | 'magenta' | 'gray'

export type TableColumn<Row> = {
  readonly title: string
  readonly align?: 'left' | 'right'
  readonly value: (row: Row) => string
  /** Whether its text may be cut where the table is too wide. Money and ids never are. */
  readonly cut?: boolean
  readonly colour?: (row: Row) => Colour
}

export type TableOptions = {
  /** How wide the table may be, in cells; without it nothing is cut. */
  readonly width?: number | undefined
  /** Whether the terminal shows colours. */
  readonly colours?: boolean
  readonly header?: boolean
}

/** A stream that may be a terminal. */
export type Terminal = {
  readonly isTTY?: boolean
  readonly columns?: number
  /** How many colours, as bits: 1 is none, as with NO_COLOR. */
  readonly getColorDepth?: () => number
}

/** How tables look to people there: as wide as the terminal, with colours if it has them. */
export function peopleAt(terminal: Terminal): TableOptions {
  if (!terminal.isTTY) return {}
  return { width: terminal.columns ?? 80, colours: (terminal.getColorDepth?.() ?? 1) > 2 }
}

const GAP = '  '
/** A column is not cut to less than this. */
const MIN_WIDTH = 8

/** Renders rows as columns without borders, headings above them. Control characters in the rows become blanks. */
export function renderTable<Row>(
  columns: readonly TableColumn<Row>[],
  rows: readonly Row[],
  { width, colours = false, header = true }: TableOptions = {},
): string {
  const cells = rows.map((row) => columns.map(({ value }) => printable(value(row))))
  const heading = columns.map(({ title }) => title)
  const lines = header ? [heading, ...cells] : cells
  const widths = fit(
    columns,
    columns.map((_, at) => lines.reduce((widest, line) => Math.max(widest, textWidth(line[at] ?? '')), 0)),
    width,
  )
  const paint = (text: string, style: Colour | 'bold') =>
    colours ? styleText(style, text, { validateStream: false }) : text
  const place = (line: readonly string[], row?: Row) =>
    columns
      .map(({ align, colour }, at) => {
        const text = cutText(line[at] ?? '', widths[at] ?? 0)
        const blanks = ' '.repeat(Math.max((widths[at] ?? 0) - textWidth(text), 0))
        const painted = row === undefined ? paint(text, 'bold') : colour ? paint(text, colour(row)) : text
        return align === 'right' ? blanks + painted : painted + blanks
      })
      .join(GAP)
      .trimEnd()
  return [...(header ? [place(heading)] : []), ...rows.map((row, at) => place(cells[at] ?? [], row))].join('\n')
}

/** The widths of the columns in a table that is not wider than `limit`: the widest that may be cut gives first. */
function fit(
  columns: readonly TableColumn<never>[],
  wanted: readonly number[],
  limit = Number.POSITIVE_INFINITY,
): readonly number[] {
  const widths = [...wanted]
  let over = widths.reduce((total, width) => total + width, GAP.length * (widths.length - 1)) - limit
  while (over > 0) {
    let widest = -1
    for (const [at, { cut = false }] of columns.entries()) {
      const width = widths[at] ?? 0
      if (cut && width > MIN_WIDTH && width > (widths[widest] ?? 0)) widest = at
    }
    if (widest < 0) break
    widths[widest] = (widths[widest] ?? 0) - 1
    over -= 1
  }
  return widths
}
