import { type Static, Type } from 'typebox'
import type { AuditRow } from '../../reads/audit.ts'
import type { MomentPlace } from '../../reads/keyset.ts'
import { Name, Uuid } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'
import type { List } from '../paging.ts'
import { MOMENT_PLACE } from '../places.ts'
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

export function presentAudit(row: AuditRow): AuditView {
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

/** The audit, as a list. */
export const AUDIT: List<AuditRow, MomentPlace, AuditView> = {
  present: presentAudit,
  format: MOMENT_PLACE,
  placeOf: ({ place, audit_id }) => ({ at: place, id: audit_id }),
}
