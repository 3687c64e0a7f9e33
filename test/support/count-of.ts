import { sql } from 'kysely'
import type { Db } from '../../src/db/open.ts'

/** How many rows a table has. */
export async function countOf(db: Db, table: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*) as count from ${sql.table(table)}`.execute(db)
  return rows[0]?.count ?? 0
}
