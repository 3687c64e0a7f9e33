import type { Page } from '../api/types.ts'
import { printable } from '../client/printable.ts'
import type { Column } from '../terminal/column.ts'
import { peopleAt, renderTable, type TableOptions, type Terminal } from '../terminal/render-table.ts'
import { CommandError } from './command-error.ts'

export type OutputOptions = {
  readonly json?: boolean
  /** Only these fields of each row; implies JSON. */
  readonly jsonFields?: readonly string[]
  readonly csv?: boolean
  /** False with --no-header. */
  readonly header?: boolean
}

/** What an answer is written to: stdout. */
export type Target = {
  readonly write: (text: string) => unknown
} & Terminal

/** Takes rows as they come. */
export type RowWriter<Row> = {
  readonly add: (rows: readonly Row[]) => void
  readonly end: () => void
}

export type Output = ReturnType<typeof openPlainOutput>

type Stringify = (rows: readonly (readonly string[])[]) => string

/**
 * Opens the output of a command. People at a terminal get columns that fit its width; a pipe gets lines of fields separated by tabs, in
 * full; --json and --csv say what they are.
 */
export async function openOutput(options: OutputOptions, target: Target = process.stdout): Promise<Output> {
  if (!options.csv) return openPlainOutput(options, target)
  const { stringify } = await import('csv-stringify/sync')
  // A spreadsheet would carry out a text that begins like a formula.
  return openPlainOutput(options, target, (rows) => stringify(rows as string[][], { escape_formulas: true }))
}

function openPlainOutput(options: OutputOptions, target: Target, stringify?: Stringify) {
  const { jsonFields, json = jsonFields !== undefined, header = true } = options
  const people: TableOptions = { ...peopleAt(target), header }
  const print = (text: string) => void target.write(text === '' ? '' : `${text}\n`)
  /** Whether answers are lines of a series: JSON on one line each, headings once. */
  let series = false
  const headed = new Set<unknown>()

  const render = <Row>(columns: readonly Column<Row>[], rows: readonly Row[], withHeader: boolean): string => {
    if (target.isTTY && !stringify) {
      const shown = columns.filter(({ only }) => only !== 'programs')
      return renderTable(shown, rows, { ...people, header: withHeader })
    }
    const given = columns.filter(({ only }) => only !== 'people')
    const lines = rows.map((row) => given.map(({ raw }) => raw(row)))
    if (withHeader) lines.unshift(given.map(({ field }) => field))
    if (stringify) return stringify(lines).trimEnd()
    return lines.map((line) => line.map(printable).join('\t')).join('\n')
  }

  return {
    json,
    /** Whether people read it, at a terminal. */
    forPeople: target.isTTY === true && !json && !stringify,
    people,
    /** From now on every answer is one of a series. */
    beginSeries: () => {
      series = true
    },
    print,
    /** Prints an answer as JSON, or else as the text. */
    show: <Answer>(answer: Answer, text: (answer: Answer) => string) => {
      if (json) print(JSON.stringify(jsonFields ? pick(answer, jsonFields) : answer, null, series ? undefined : 2))
      else print(text(answer))
    },
    /** The rows as a table, for a text that has more in it. */
    table: <Row>(columns: readonly Column<Row>[], rows: readonly Row[], none = '') =>
      rows.length === 0 ? none : render(columns, rows, header),
    /** Prints an answer that is one row. */
    showRow: <Answer>(answer: Answer, columns: readonly Column<Answer>[]) => {
      if (json) print(JSON.stringify(jsonFields ? pick(answer, jsonFields) : answer, null, series ? undefined : 2))
      else print(render(columns, [answer], header && !(series && headed.has(columns))))
      headed.add(columns)
    },
    /** Prints a page of a list. Without rows, people read `none`, and programs get the headings. */
    showRows: <Row>(page: Page<Row>, columns: readonly Column<Row>[], none: string) => {
      if (json) {
        const { data, nextCursor } = page
        const rows = jsonFields ? data.map((row) => pick(row, jsonFields)) : data
        print(JSON.stringify({ data: rows, nextCursor }, null, 2))
      } else if (page.data.length === 0 && target.isTTY) print(none)
      else print(render(columns, page.data, header))
    },
    /** Prints rows as they come: JSON as one line each. */
    rows: <Row>(columns: readonly Column<Row>[], none: string): RowWriter<Row> => {
      let any = false
      return {
        add: (rows) => {
          if (json) for (const row of rows) print(JSON.stringify(jsonFields ? pick(row, jsonFields) : row))
          else if (rows.length > 0 || !target.isTTY) print(render(columns, rows, header && !any))
          any ||= rows.length > 0 || !target.isTTY
        },
        end: () => {
          if (!any && target.isTTY && !json) print(none)
        },
      }
    },
  }
}

/** The named fields of an answer. Throws a CommandError for a field that it does not have, with those that it has. */
function pick(answer: unknown, fields: readonly string[]): unknown {
  const row = answer as Readonly<Record<string, unknown>>
  const unknown = fields.filter((field) => !Object.hasOwn(row, field))
  if (unknown.length > 0) {
    throw new CommandError(`there is no field ${unknown.join(', ')}; there are ${Object.keys(row).join(', ')}`)
  }
  return Object.fromEntries(fields.map((field) => [field, row[field]]))
}
