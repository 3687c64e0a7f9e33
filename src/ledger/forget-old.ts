import { sql } from 'kysely'
import type { Db } from '../db/open.ts'

/** Rows deleted in one statement, so that none of them holds locks for long. */
const AT_ONCE = 10_000

/**
 * Deletes idempotency records and finished jobs that are older than they are promised to be kept. Who asked for a job, for what and when
 * goes on as an audit entry, in the statement that deletes the job: it is kept once, whatever fails and however many do this at once.
 */
export async function forgetOld(
  db: Db,
  keep: { readonly idempotencyHours: number; readonly jobDays: number },
): Promise<void> {
  const deletions = [
    sql`delete from idempotency_record where ctid in (select ctid from idempotency_record
      where created_at < now() - ${keep.idempotencyHours}::integer * interval '1 hour' limit ${AT_ONCE})`,
    // What a credit is stands in the credit itself; why it was to be reversed, and what a failed one was to be, stand nowhere else.
    sql`with forgotten as (
        delete from job where id in (select id from job
          where finished_at < now() - ${keep.jobDays}::integer * interval '1 day' order by id limit ${AT_ONCE})
        returning *)
      insert into audit_entry (at, api_key_id, request_id, action, subject)
      select created_at, api_key_id, request_id, type || '.request',
        concat_ws(': ', credit_id, 'failed, ' || error_code,
          case when type = 'reversal' then request->>'reason'
            when status = 'failed' then (request->>'amount') || ' for ' || (request->>'accountId') end)
      from forgotten order by created_at, id`,
  ]
  for (const deletion of deletions) {
    for (let deleted = AT_ONCE; deleted === AT_ONCE; ) {
      deleted = Number((await deletion.execute(db)).numAffectedRows ?? 0n)
    }
  }
}
