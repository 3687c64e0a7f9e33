import { sql } from 'kysely'
import type { Db } from '../../db/open.ts'

/** Marks at most `limit` batches that a retry of a bill run has reopened as enqueued now. Returns their ids. */
export async function markReopened(db: Db, billRunId: string, limit: number): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    update bill_batch set woken_at = now() where id in (
      select id from bill_batch where bill_run_id = ${billRunId}::uuid and status = 'open' and woken_at = '-infinity' limit ${limit})
    returning id`.execute(db)
  return rows.map(({ id }) => id)
}
