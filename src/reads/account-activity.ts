import { sql } from 'kysely'
import { ENTRY_OF_JOB } from '../db/entry-of-job.ts'
import type { Db } from '../db/open.ts'
import type { AuditRow } from './audit.ts'
import { keysetPage, type MomentPlace, type Page } from './keyset.ts'

/** Of how many of an account's credits, the newest, it is shown what was done to them. */
export const MAX_CREDITS_FOLLOWED = 1_000

/**
 * A page of what was done to an account and its credits, newest first: entries of the audit under the account's key or the id of a credit, and the
 * requests that were accepted for it, which are their own entries.
 */
export async function listAccountActivity(
  db: Db,
  { account, after, limit }: Page<MomentPlace> & { readonly account: { readonly id: number; readonly key: string } },
): Promise<readonly AuditRow[]> {
  const before = after ? [after.at, after.id] : undefined
  const ofSubject = keysetPage({
    lead: { column: 'subject', type: 'text', value: sql`named.subject` },
    order: { at: 'timestamptz', audit_id: 'uuid' },
    direction: 'desc',
    after: before,
    limit,
  })
  const ofAccount = keysetPage({
    lead: { column: 'job.account_id', type: 'bigint', value: account.id },
    order: { 'job.created_at': 'timestamptz', 'job.id': 'uuid' },
    direction: 'desc',
    after: before,
    limit,
  })
  const { rows } = await sql<AuditRow>`
    with named as (
      select ${account.key}::text as subject
      union all (
        select id::text from credit where account_id = ${account.id} order by account_id desc, id desc limit ${sql.lit(MAX_CREDITS_FOLLOWED)}))
    select page.*, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as place,
      (select name from api_key where id = api_key_id) as key_name
    from (
      (select entry.* from named cross join lateral (
        select audit_id, at, action, subject, source, api_key_id, request_id, reason, detail from audit_entry ${ofSubject}) entry)
      union all (select ${ENTRY_OF_JOB} from job ${ofAccount})) page
    order by at desc, audit_id desc limit ${limit}`.execute(db)
  return rows
}
