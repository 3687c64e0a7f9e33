import { type RawBuilder, sql } from 'kysely'
import { pgArray } from './pg-array.ts'

/** A value that needs no quoting in an array: a UUID, a number, an amount, a date, a plain word. */
export type PlainValue = string | number | boolean | null

/**
 * Returns rows as a SQL relation: `unnest(...) with ordinality as alias (columns, position)`. Each column is one parameter, whatever the
 * number of rows. `types` gives the columns and their Postgres types. `position` counts from 1.
 */
export function unnest<Column extends string>(
  alias: string,
  types: Readonly<Record<Column, string>>,
  rows: readonly Readonly<Record<Column, PlainValue>>[],
): RawBuilder<unknown> {
  const columns = Object.keys(types) as Column[]
  const arrays = columns.map((column) => sql`${pgArray(rows.map((row) => row[column]))}::${sql.raw(types[column])}[]`)
  return sql`unnest(${sql.join(arrays)}) with ordinality as ${sql.raw(`${alias} (${columns.join(', ')}, position)`)}`
}
