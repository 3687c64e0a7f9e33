import { type RawBuilder, sql } from 'kysely'
import { ENTRY_OF_JOB } from '../db/entry-of-job.ts'
import type { Db } from '../db/open.ts'
import { keysetPage, type Lead, type MomentPlace, type Page } from './keyset.ts'

type Sql = RawBuilder<unknown>

export type AuditQuery = Page<MomentPlace> & {
  readonly subject?: string | undefined
  readonly keyId?: string | undefined
  /** The start of the time range, included. */
  readonly from?: Date | undefined
  /** The end of the time range, excluded. */
  readonly to?: Date | undefined
}

export type AuditRow = {
  readonly audit_id: string
  readonly at: Date
  /** `at` to the microsecond. */
  readonly place: string
  readonly action: string
  readonly subject: string
  readonly source: 'http' | 'command' | 'schedule'
  readonly api_key_id: string | null
  readonly key_name: string | null
  readonly request_id: string | null
  readonly reason: string | null
  readonly detail: string | null
}

/**
 * A page of the audit, newest first. The job of an accepted credit or reversal serves as its audit entry, until the job is deleted: at
 * thousands of requests a second, a second row for each would be expensive.
 */
export async function listAudit(db: Db, query: AuditQuery): Promise<readonly AuditRow[]> {
  const parts = [entries(query), ...jobs(query)]
  const { rows } = await sql<AuditRow>`
    select page.*, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as place,
      (select name from api_key where id = api_key_id) as key_name
    from (${sql.join(parts, sql` union all `)}) page
    order by at desc, audit_id desc limit ${query.limit}`.execute(db)
  return rows
}

/** The rows of audit_entry. With both a subject and a key, the index of the subject is used, since a subject has few entries. */
function entries({ subject, keyId, ...range }: AuditQuery): Sql {
  const lead =
    subject !== undefined
      ? { column: 'subject', type: 'text', value: subject }
      : { column: 'api_key_id', type: 'uuid', value: keyId }
  const filters = subject !== undefined && keyId !== undefined ? [sql`api_key_id = ${keyId}::uuid`] : []
  const page = pageOf(range, lead, { at: 'timestamptz', audit_id: 'uuid' }, filters)
  return sql`
    (select audit_id, at, action, subject, source, api_key_id, request_id, reason, detail from audit_entry ${page})`
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** The jobs, as entries: those of a credit, or those of each key. There are none for other subjects. */
function jobs({ subject, keyId, ...range }: AuditQuery): readonly Sql[] {
  const found = (lead: Lead, filters: readonly Sql[]) => {
    const page = pageOf(range, lead, { 'job.created_at': 'timestamptz', 'job.id': 'uuid' }, filters)
    return sql`(select ${ENTRY_OF_JOB} from job ${page})`
  }
  if (subject === undefined) {
    const ofKey = keyId === undefined ? sql`true` : sql`api_key.id = ${keyId}::uuid`
    const ofEach = found({ column: 'job.api_key_id', type: 'uuid', value: sql`api_key.id` }, [])
    return [sql`(select job.* from api_key cross join lateral ${ofEach} job where ${ofKey})`]
  }
  if (!UUID.test(subject)) return []
  const filters = keyId === undefined ? [] : [sql`job.api_key_id = ${keyId}::uuid`]
  return [found({ column: 'job.subject_id', type: 'uuid', value: subject }, filters)]
}

/** A page of one kind of entries, newest first: from the place of the cursor, or from the end of the time range, back to its start. */
function pageOf(
  { from, to, after, limit }: Omit<AuditQuery, 'subject' | 'keyId'>,
  lead: Lead,
  order: Readonly<Record<string, string>>,
  filters: readonly Sql[],
): Sql {
  const before = after ? [after.at, after.id] : to
  return keysetPage({ lead, order, direction: 'desc', after: before, until: from, filters, limit })
}
