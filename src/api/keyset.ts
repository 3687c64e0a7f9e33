import { type RawBuilder, sql } from 'kysely'

type Sql = RawBuilder<unknown>

export type Keyset = {
  /** The filter that the index of the list leads with, if it has one: a column, and the value that is asked for. */
  readonly lead?: { readonly column: Sql; readonly value: Sql } | undefined
  /** The columns by which the list is ordered, unique together. */
  readonly order: readonly Sql[]
  readonly direction: 'asc' | 'desc'
  /** Where the page before ended: a value for each of the columns. */
  readonly after?: readonly Sql[] | undefined
}

/**
 * The condition and the order by which a page is read, as SQL. A filter is written as a range, not as equal, and is part of the order:
 * told that the column is constant, the planner may walk the index of the unfiltered list, in the hope that what is asked for is
 * spread evenly over it, and pass a million rows that are of another kind.
 */
export function keyset({ lead, order, direction, after }: Keyset): { readonly where: Sql; readonly orderBy: Sql } {
  const columns = lead ? [lead.column, ...order] : order
  const orderBy = sql.join(columns.map((column) => sql`${column} ${sql.raw(direction)}`))
  if (!after) return { where: lead ? sql`${lead.column} between ${lead.value} and ${lead.value}` : sql`true`, orderBy }
  const beyond = sql.raw(direction === 'asc' ? '>' : '<')
  const upTo = sql.raw(direction === 'asc' ? '<=' : '>=')
  const place = lead ? [lead.value, ...after] : after
  const rest = sql`(${sql.join(columns)}) ${beyond} (${sql.join(place)})`
  return { where: lead ? sql`${rest} and ${lead.column} ${upTo} ${lead.value}` : rest, orderBy }
}
