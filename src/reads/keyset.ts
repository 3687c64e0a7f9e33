import { type RawBuilder, sql } from 'kysely'

type Sql = RawBuilder<unknown>
/** A value, or an expression for one. */
type Value = string | number | Date | Sql

/** A page of a list: so many rows at most, of those after a place, or the first. */
export type Page<Place> = { readonly limit: number; readonly after: Place | undefined }

export type Keyset = {
  /** The filter that the index of the list leads with: a column, and the value that is asked for, if one is. */
  readonly lead?: { readonly column: string; readonly type: string; readonly value: Value | undefined }
  /** The columns by which the list is ordered, unique together, with their Postgres types. */
  readonly order: Readonly<Record<string, string>>
  readonly direction: 'asc' | 'desc'
  /** Where the page before ended, left out: values for the columns, or for the first of them. */
  readonly after: Value | readonly Value[] | undefined
  /** Where the list ends, included: a value for the first of the columns. */
  readonly until?: Value | undefined
  /** Conditions that the index does not help with. */
  readonly filters?: readonly Sql[]
  readonly limit: number
}

/**
 * The condition, the order and the limit by which a page is read, as SQL. A filter is written as a range, not as equal, and is part of the
 * order: told that the column is constant, the planner may walk the index of the unfiltered list, in the hope that what is asked for is
 * spread evenly over it, and pass a million rows that are of another kind.
 */
export function keysetPage({ lead, order, direction, after, until, filters = [], limit }: Keyset): Sql {
  const { value: wanted } = lead ?? {}
  const columns = [
    ...(lead && wanted !== undefined ? [[lead.column, lead.type] as const] : []),
    ...Object.entries(order),
  ]
  const led = wanted === undefined ? [] : [wanted]
  const compare = (operator: string, values: readonly Value[]) => {
    if (values.length === 0) return sql`true`
    const names = columns.slice(0, values.length).map(([name]) => sql.ref(name))
    const typed = values.map((value, index) => sql`${value}::${sql.raw(columns[index]?.[1] as string)}`)
    return sql`(${sql.join(names)}) ${sql.raw(operator)} (${sql.join(typed)})`
  }
  const [beyond, upTo] = direction === 'asc' ? ['>', '<='] : ['<', '>=']
  // Without a place to start from, the range of the filter begins where it begins.
  const start = after === undefined ? compare(`${beyond}=`, led) : compare(beyond, [...led, ...[after].flat()])
  const end = compare(upTo, [...led, ...(until === undefined ? [] : [until])])
  const orderBy = columns.map(([name]) => sql`${sql.ref(name)} ${sql.raw(direction)}`)
  return sql`where ${sql.join([start, end, ...filters], sql` and `)} order by ${sql.join(orderBy)} limit ${limit}`
}
