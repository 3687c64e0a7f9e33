import type { Page, PageQuery } from '../api/types.ts'

/** What the service gives on one page at most. */
export const maxPageSize = 500

/** Reads pages until there are no more rows, or until there are `limit` rows. Then `nextCursor` tells where to go on. */
export async function collectPages<Row>(
  list: (query: PageQuery) => Promise<Page<Row>>,
  limit = Number.POSITIVE_INFINITY,
): Promise<Page<Row>> {
  const rows: Row[] = []
  let cursor: string | undefined
  while (rows.length < limit) {
    const page = await list({ limit: Math.min(limit - rows.length, maxPageSize), cursor })
    rows.push(...page.data)
    if (page.nextCursor === null) return { data: rows, nextCursor: null }
    cursor = page.nextCursor
  }
  return { data: rows, nextCursor: cursor ?? null }
}
