import { sql } from 'kysely'
import { ENTRY_OF_JOB } from '../../db/entry-of-job.ts'
import type { Db } from '../../db/open.ts'

/**
 * How many rows one statement deletes, so that it does not hold locks for long. The statements select the old rows into an array, which
 * uses the index: with a plain subquery Postgres would plan a join and read the whole table.
 */
const MAX_ROWS = 10_000

/**
 * Deletes idempotency records and finished jobs after the time for which they are promised to be kept. The statement that deletes a job
 * also writes its audit entry, which keeps who asked for what and when, and frees the reference of a failed job. So there is exactly one
 * entry for each job, even after a crash or when several processes do this at once.
 */
export async function deleteExpired(
  db: Db,
  keep: { readonly idempotencyHours: number; readonly jobDays: number },
): Promise<void> {
  const deletions = [
    sql`delete from idempotency_record where ctid = any(array(select ctid from idempotency_record
      where created_at < now() - ${keep.idempotencyHours}::integer * interval '1 hour'
      order by created_at limit ${sql.lit(MAX_ROWS)}))`,
    // The entry keeps the reason of a reversal and the content of a failed credit, because they are stored nowhere else.
    sql`with forgotten as (
        delete from job where id = any(array(select id from job
          where finished_at < now() - ${keep.jobDays}::integer * interval '1 day'
          order by finished_at limit ${sql.lit(MAX_ROWS)}))
          -- Checked again once the row's lock is granted: a retry may have queued the job again.
          and status <> 'queued'
        returning *),
      freed as (
        delete from credit_reference using forgotten
        where forgotten.status = 'failed' and credit_reference.account_id = forgotten.account_id
          and credit_reference.reference = forgotten.request->>'reference' and credit_reference.job_id = forgotten.id)
      insert into audit_entry (audit_id, at, action, subject, source, api_key_id, request_id, reason, detail)
      select ${ENTRY_OF_JOB}
      from forgotten order by created_at, id`,
  ]
  for (const deletion of deletions) {
    for (let deleted = MAX_ROWS; deleted === MAX_ROWS; ) {
      deleted = Number((await deletion.execute(db)).numAffectedRows ?? 0n)
    }
  }
}
