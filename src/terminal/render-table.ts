import Table from 'cli-table3'
import { printable } from '../client/printable.ts'

export type Column<Row> = {
  readonly title: string
  readonly align?: 'left' | 'right'
  readonly value: (row: Row) => string
}

/** Renders a table in plain characters without colours, so that it looks the same on a terminal, in a file and in a log. */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const table = new Table({
    head: columns.map(({ title }) => title),
    colAligns: columns.map(({ align = 'left' }) => align),
    style: { head: [], border: [], compact: true },
  })
  for (const row of rows) table.push(columns.map(({ value }) => printable(value(row))))
  return table.toString()
}
