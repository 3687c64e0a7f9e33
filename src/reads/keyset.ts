import { type RawBuilder, sql } from 'kysely'

type Sql = RawBuilder<unknown>
/** A value, or an expression for one. */
type Value = string | number | boolean | Date | Sql

/** A page of a list: at most `limit` rows, from the start of the list or after a place. */
export type Page<Place> = { readonly limit: number; readonly after: Place | undefined }

/** The place of a row in a list that is ordered by time: its time to the microsecond, and its id. */
export type MomentPlace = { readonly at: string; readonly id: string }

/** A filter on a column by which an index leads: the column, and the value, if one is given. */
export type Lead = { readonly column: string; readonly type: string; readonly value: Value | undefined }

export type Keyset = {
  /** The filter on the first column of the list's index, or on the first few: of those whose value is given. */
  readonly lead?: Lead | readonly Lead[]
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
  const leads = [lead ?? []].flat().filter(({ value }) => value !== undefined)
  const columns = [...leads.map(({ column, type }) => [column, type] as const), ...Object.entries(order)]
  const led = leads.map(({ value }) => value as Value)
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
