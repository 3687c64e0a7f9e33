import { sql } from 'kysely'

/** A job's columns as an audit entry: the audit shows a job like this, and stores it like this when the job is deleted. */
export const ENTRY_OF_JOB = sql`
  id as audit_id, created_at as at, type || '.request' as action, subject_id::text as subject, 'http' as source, api_key_id, request_id,
  request->>'reason' as reason,
  case when status = 'failed' then concat_ws(': ', 'failed, ' || error_code,
    case when type = 'credit' then (request->>'amount') || ' for ' || (request->>'accountId') end) end as detail`
