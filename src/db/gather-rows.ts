import { pgArray } from './pg-array.ts'

type Value = string | number | null

/** Rows to be written, each column as one array literal, which `unnest` turns into rows again: one statement whatever their number. */
export type Rows = { readonly count: number; readonly columns: readonly string[] }

/** Gathers rows of this many columns, and keeps nothing for each row on the way. */
export function gatherRows(width: number) {
  const columns = Array.from({ length: width }, (): Value[] => [])
  return {
    add: (...row: readonly Value[]) => columns.forEach((column, index) => void column.push(row[index] as Value)),
    rows: (): Rows => ({ count: columns[0]?.length ?? 0, columns: columns.map(pgArray) }),
  }
}
