import { type RawBuilder, sql } from 'kysely'
import { type Static, Type } from 'typebox'
import type { Db } from '../../db/open.ts'
import { ENTRY_OF_JOB } from '../../ledger/audit/write-audit.ts'
import { Name, Uuid } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'
import { keyset } from '../keyset.ts'
import { Time } from './time.ts'

export const AuditView = Type.Object(
  {
    auditId: Uuid,
    at: Time,
    action: Type.String({ description: 'What was done, as noun.verb' }),
    subject: Type.String({ description: 'The id of what it was done to' }),
    source: Type.Enum(['http', 'command', 'schedule'], {
      description: 'By a request, the command line, or a schedule',
    }),
    keyId: Type.Union([Uuid, Type.Null()], { description: 'Null for what no API key did' }),
    keyName: Type.Union([Name, Type.Null()]),
    requestId: Type.Union([Type.String(), Type.Null()]),
    reason: Type.Union([Type.String(), Type.Null()], { description: 'Why, as whoever did it says' }),
    detail: Type.Union([Type.String(), Type.Null()]),
  },
  { description: 'Who did what, and why', examples: [ANSWERS.auditEntry] },
)
export type AuditView = Static<typeof AuditView>

export type AuditQuery = {
  readonly subject?: string | undefined
  readonly keyId?: string | undefined
  /** The first moment, included. */
  readonly from?: Date | undefined
  /** The last moment, left out. */
  readonly to?: Date | undefined
  /** The place of the last entry of the page before. */
  readonly after?: AuditPlace | undefined
  readonly limit: number
}

/** Where an entry stands in the order: its time to the microsecond, and its id. */
export type AuditPlace = { readonly at: string; readonly id: string }

type Row = {
  audit_id: string
  at: Date
  place: string
  action: string
  subject: string
  source: 'http' | 'command' | 'schedule'
  api_key_id: string | null
  key_name: string | null
  request_id: string | null
  reason: string | null
  detail: string | null
}

type Sql = RawBuilder<unknown>

/**
 * The newest entries first. An accepted credit or reversal is its own entry while its job lasts: at thousands a second, a second row
 * for each would cost them dearly.
 */
export async function readAudit(db: Db, query: AuditQuery): Promise<readonly Row[]> {
  const parts = [entries(query), ...jobs(query)]
  const { rows } = await sql<Row>`
    select page.*, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as place,
      (select name from api_key where id = api_key_id) as key_name
    from (${sql.join(parts, sql` union all `)}) page
    order by at desc, audit_id desc limit ${query.limit}`.execute(db)
  return rows
}

/** Those that were written. A subject has few of them, so that those of a key are picked from them. */
function entries({ subject, keyId, ...rest }: AuditQuery): Sql {
  const lead =
    subject !== undefined
      ? { column: sql`subject`, value: sql`${subject}::text` }
      : keyId && { column: sql`api_key_id`, value: sql`${keyId}::uuid` }
  const { where, orderBy } = page(lead || undefined, sql`at`, sql`audit_id`, rest)
  const ofKey = subject !== undefined && keyId !== undefined ? sql`api_key_id = ${keyId}::uuid` : sql`true`
  return sql`(select audit_id, at, action, subject, source, api_key_id, request_id, reason, detail from audit_entry
    where ${where} and ${ofKey} order by ${orderBy} limit ${rest.limit})`
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Those that jobs are: of a credit, or of each key. None of any other subject. */
function jobs({ subject, keyId, ...rest }: AuditQuery): readonly Sql[] {
  if (subject !== undefined && !UUID.test(subject)) return []
  const lead =
    subject === undefined
      ? { column: sql`job.api_key_id`, value: sql`api_key.id` }
      : { column: sql`job.subject_id`, value: sql`${subject}::uuid` }
  const { where, orderBy } = page(lead, sql`job.created_at`, sql`job.id`, rest)
  const ofKey = keyId === undefined ? sql`true` : sql`api_key.id = ${keyId}::uuid`
  const ofJobKey = keyId === undefined ? sql`true` : sql`job.api_key_id = ${keyId}::uuid`
  const found = (condition: Sql) => sql`
    (select ${ENTRY_OF_JOB}
    from job where ${where} and ${condition} order by ${orderBy} limit ${rest.limit})`
  return subject === undefined
    ? [sql`(select job.* from api_key cross join lateral ${found(sql`true`)} job where ${ofKey})`]
    : [found(ofJobKey)]
}

function page(
  lead: { column: Sql; value: Sql } | undefined,
  at: Sql,
  id: Sql,
  query: Omit<AuditQuery, 'subject' | 'keyId'>,
) {
  const { from, to, after } = query
  const start = after ? [sql`${after.at}::timestamptz`, sql`${after.id}::uuid`] : to && [sql`${to}::timestamptz`]
  const until = from && [sql`${from}::timestamptz`]
  return keyset({ lead, order: [at, id], direction: 'desc', after: start, until })
}

export function presentAudit(row: Row): AuditView {
  return {
    auditId: row.audit_id,
    at: row.at.toISOString(),
    action: row.action,
    subject: row.subject,
    source: row.source,
    keyId: row.api_key_id,
    keyName: row.key_name,
    requestId: row.request_id,
    reason: row.reason,
    detail: row.detail,
  }
}
