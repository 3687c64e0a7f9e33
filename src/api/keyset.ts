import { type RawBuilder, sql } from 'kysely'

type Sql = RawBuilder<unknown>

export type Keyset = {
  /** The filter that the index of the list leads with, if it has one: a column, and the value that is asked for. */
  readonly lead?: { readonly column: Sql; readonly value: Sql } | undefined
  /** The columns by which the list is ordered, unique together. */
  readonly order: readonly Sql[]
  readonly direction: 'asc' | 'desc'
  /** Where the page before ended, left out: values for the columns, or for the first of them. */
  readonly after?: readonly Sql[] | undefined
  /** Where the list ends, included: values for the first of the columns. */
  readonly until?: readonly Sql[] | undefined
}

/**
 * The condition and the order by which a page is read, as SQL. A filter is written as a range, not as equal, and is part of the order:
 * told that the column is constant, the planner may walk the index of the unfiltered list, in the hope that what is asked for is
 * spread evenly over it, and pass a million rows that are of another kind.
 */
export function keyset({ lead, order, direction, after, until }: Keyset): {
  readonly where: Sql
  readonly orderBy: Sql
} {
  const columns = lead ? [lead.column, ...order] : order
  const led = lead ? [lead.value] : []
  const compare = (operator: string, values: readonly Sql[]) =>
    values.length === 0
      ? sql`true`
      : sql`(${sql.join(columns.slice(0, values.length))}) ${sql.raw(operator)} (${sql.join(values)})`
  const [beyond, upTo] = direction === 'asc' ? ['>', '<='] : ['<', '>=']
  // Without a place to start from, the range of the filter begins where it begins.
  const start = after ? compare(beyond, [...led, ...after]) : compare(`${beyond}=`, led)
  const end = compare(upTo, [...led, ...(until ?? [])])
  return {
    where: sql`${start} and ${end}`,
    orderBy: sql.join(columns.map((column) => sql`${column} ${sql.raw(direction)}`)),
  }
}
