import { sql } from 'kysely'
import type { Db } from '../db/open.ts'
import type { Kind } from '../work/kind.ts'

/** How much of a kind of work is not done, and the age of the oldest in seconds; 0 for none. */
export type Backlog = { readonly kind: string; readonly open: number; readonly oldest: number }

/** Counts the durable work of every kind that is not done. */
export async function readBacklogs(db: Db, kinds: readonly Kind[]): Promise<readonly Backlog[]> {
  const backlogs = kinds.flatMap(({ name, durable }) =>
    durable ? [sql`select ${name} as kind, open, since from (${durable.backlog}) backlog`] : [],
  )
  const { rows } = await sql<Backlog>`
    select kind, open, greatest(coalesce(extract(epoch from now() - since), 0), 0)::float8 as oldest
    from (${sql.join(backlogs, sql` union all `)}) work`.execute(db)
  return rows
}
