import { sql } from 'kysely'
import { ENTRY_OF_JOB } from '../../db/entry-of-job.ts'
import type { Db } from '../../db/open.ts'

/**
 * Rows deleted in one statement, so that none of them holds locks for long. They are found as an array, by the index of what is old: as a
 * subquery they would be joined, by reading the whole table.
 */
const AT_ONCE = 10_000

/**
 * Deletes idempotency records and finished jobs that are older than they are promised to be kept. Who asked for a job, for what and when
 * goes on as an audit entry, and the reference of one that failed is free, in the statement that deletes the job: it is kept once, whatever
 * fails and however many do this at once.
 */
export async function deleteExpired(
  db: Db,
  keep: { readonly idempotencyHours: number; readonly jobDays: number },
): Promise<void> {
  const deletions = [
    sql`delete from idempotency_record where ctid = any(array(select ctid from idempotency_record
      where created_at < now() - ${keep.idempotencyHours}::integer * interval '1 hour'
      order by created_at limit ${sql.lit(AT_ONCE)}))`,
    // What a credit is stands in the credit itself; why it was to be reversed, and what a failed one was to be, stand nowhere else.
    sql`with forgotten as (
        delete from job where id = any(array(select id from job
          where finished_at < now() - ${keep.jobDays}::integer * interval '1 day'
          order by finished_at limit ${sql.lit(AT_ONCE)}))
          -- Looked at again once its lock is granted: it may have been taken up again.
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
    for (let deleted = AT_ONCE; deleted === AT_ONCE; ) {
      deleted = Number((await deletion.execute(db)).numAffectedRows ?? 0n)
    }
  }
}
