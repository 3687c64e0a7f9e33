import { type RawBuilder, sql } from 'kysely'

type Sql = RawBuilder<unknown>
/** A value, or an expression for one. */
type Value = string | number | boolean | Date | Sql

/** A page of a list: at most `limit` rows, from the start of the list or after a place. */
export type Page<Place> = { readonly limit: number; readonly after: Place | undefined }

export type Keyset = {
  /** The filter on the first column of the list's index: the column, and the value, if one is given. */
  readonly lead?: { readonly column: string; readonly type: string; readonly value: Value | undefined }
  /** The columns by which the list is ordered, with their Postgres types. Together they are unique. */
  readonly order: Readonly<Record<string, string>>
  readonly direction: 'asc' | 'desc'
  /** The end of the previous page, excluded: values of the order's columns, or of the first of them. */
  readonly after: Value | readonly Value[] | undefined
  /** The end of the list, included: a value of the order's first column. */
  readonly until?: Value | undefined
  /** Further conditions, for which the index is of no use. */
  readonly filters?: readonly Sql[]
  readonly limit: number
}

/**
 * Returns the condition, the order and the limit of a page as SQL. The lead filter is written as a range, not as an equality, and is part
 * of the order. With an equality, the planner may walk the index of the unfiltered list, because it assumes that matching rows are spread
 * evenly. It may then pass a million rows that do not match.
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
  // Without a place to start from, the page starts at the start of the filter's range.
  const start = after === undefined ? compare(`${beyond}=`, led) : compare(beyond, [...led, ...[after].flat()])
  const end = compare(upTo, [...led, ...(until === undefined ? [] : [until])])
  const orderBy = columns.map(([name]) => sql`${sql.ref(name)} ${sql.raw(direction)}`)
  return sql`where ${sql.join([start, end, ...filters], sql` and `)} order by ${sql.join(orderBy)} limit ${limit}`
}
