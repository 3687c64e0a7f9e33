import { sql } from 'kysely'

/** The columns of the entry that a job is while it lasts, and becomes when it is forgotten, under the names that an entry has. */
export const ENTRY_OF_JOB = sql`
  id as audit_id, created_at as at, type || '.request' as action, subject_id::text as subject, 'http' as source, api_key_id, request_id,
  request->>'reason' as reason,
  case when status = 'failed' then concat_ws(': ', 'failed, ' || error_code,
    case when type = 'credit' then (request->>'amount') || ' for ' || (request->>'accountId') end) end as detail`
