import { sql } from 'kysely'
import type { Db } from '../db/open.ts'

/** Rows deleted in one statement, so that none of them holds locks for long. */
const AT_ONCE = 10_000

/** Deletes idempotency records and finished jobs that are older than they are promised to be kept. */
export async function forgetOld(
  db: Db,
  keep: { readonly idempotencyHours: number; readonly jobDays: number },
): Promise<void> {
  const deletions = [
    sql`delete from idempotency_record where ctid in (select ctid from idempotency_record
      where created_at < now() - ${keep.idempotencyHours}::integer * interval '1 hour' limit ${AT_ONCE})`,
    sql`delete from job where id in (select id from job
      where finished_at < now() - ${keep.jobDays}::integer * interval '1 day' order by id limit ${AT_ONCE})`,
  ]
  for (const deletion of deletions) {
    for (let deleted = AT_ONCE; deleted === AT_ONCE; ) {
      deleted = Number((await deletion.execute(db)).numAffectedRows ?? 0n)
    }
  }
}
