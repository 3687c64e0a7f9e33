import { formatMoney, groupThousands } from './format-money.ts'
import type { TableColumn } from './render-table.ts'
import { shortId } from './short-id.ts'
import { shortTime } from './short-time.ts'
import { statusOf } from './status.ts'

/** A column of an answer: for people on a terminal, and for programs in a pipe or as CSV. */
export type Column<Row> = TableColumn<Row> & {
  /** The field's name as the API has it: the heading for programs. */
  readonly field: string
  /** The whole value, as the API has it. */
  readonly raw: (row: Row) => string
  /** A column that only programs need, or only people. */
  readonly only?: 'people' | 'programs'
}

type Value = string | number | boolean | null | undefined

/** A text, which is cut where the terminal is too narrow. */
export function text<Row>(field: string, title: string, value: (row: Row) => Value): Column<Row> {
  const raw = (row: Row) => written(value(row))
  return { field, title, raw, value: raw, cut: true }
}

/** A word or date, which is never cut. */
export function word<Row>(field: string, title: string, value: (row: Row) => Value): Column<Row> {
  return { ...text(field, title, value), cut: false }
}

/** An id: its last characters for people, which commands take as well. */
export function id<Row>(field: string, title: string, value: (row: Row) => string | null): Column<Row> {
  return { ...word(field, title, value), value: (row) => shortId(value(row) ?? '') }
}

export function count<Row>(field: string, title: string, value: (row: Row) => number): Column<Row> {
  return { ...word(field, title, value), align: 'right', value: (row) => groupThousands(value(row)) }
}

/** A number that names something, such as an invoice: without separators. */
export function number<Row>(field: string, title: string, value: (row: Row) => number | null): Column<Row> {
  return { ...word(field, title, value), align: 'right' }
}

/** An amount and its currency, which stands behind it for people, and has a column of its own for programs. */
export function money<Row>(
  field: string,
  title: string,
  value: (row: Row) => readonly [amount: string, currency: string],
): Column<Row> {
  return {
    ...word<Row>(field, title, (row) => value(row)[0]),
    align: 'right',
    value: (row) => formatMoney(...value(row)),
  }
}

/** A moment: to the minute in the terminal's time zone for people, RFC 3339 in UTC for programs. */
export function time<Row>(field: string, title: string, value: (row: Row) => string | null): Column<Row> {
  return { ...word(field, title, value), value: (row) => shortTime(value(row)) }
}

/** A status: sign, words and colour. */
export function status<Row>(field: string, title: string, code: (row: Row) => string): Column<Row> {
  return {
    ...word(field, title, code),
    value: (row) => `${statusOf(code(row)).sign} ${code(row).replaceAll('_', ' ')}`,
    colour: (row) => statusOf(code(row)).colour,
  }
}

export function forPrograms<Row>(field: string, value: (row: Row) => Value): Column<Row> {
  return { ...word(field, '', value), only: 'programs' }
}

export function forPeople<Row>(title: string, column: Omit<TableColumn<Row>, 'title'>): Column<Row> {
  return { field: '', title, raw: column.value, ...column, only: 'people' }
}

function written(value: Value): string {
  return value === null || value === undefined ? '' : String(value)
}
