import { Type } from 'typebox'
import { type AuditRow, listAudit } from '../../reads/audit.ts'
import { Uuid } from '../../requests/formats.ts'
import type { Routes } from '../context.ts'
import { answerPage, PageOf, pageQuery } from '../paging.ts'
import { AUDIT_PLACE } from '../places.ts'
import { problems } from '../view-responses.ts'
import { AuditView, presentAudit } from '../views/audit-view.ts'
import { parseTime, Time } from '../views/time.ts'

export const AuditQuery = pageQuery({
  subject: Type.Optional(
    Type.String({
      pattern: '^[^\\u0000-\\u001f]{1,200}$',
      description: 'The id of what something was done to: of a credit, a bill run, a key, an account, a schedule',
    }),
  ),
  keyId: Type.Optional(Uuid),
  from: Type.Optional(Time),
  to: Type.Optional(Time),
})

const AUDIT = {
  present: presentAudit,
  format: AUDIT_PLACE,
  placeOf: ({ place, audit_id }: AuditRow) => ({ at: place, id: audit_id }),
}

export const auditRoutes: Routes = (api, { reads }) => {
  api.get('/v1/audit', {
    config: { scope: 'read' },
    schema: {
      operationId: 'listAudit',
      summary: 'Who did what, when, with which key and request, and why, newest first',
      description:
        'From the moment `from` on, until before the moment `to`. An accepted credit or reversal is an entry under the id of its credit.',
      tags: ['audit'],
      querystring: AuditQuery,
      response: { 200: PageOf(AuditView), ...problems() },
    },
    handler: ({ query }) => {
      const { subject, keyId, from, to } = query
      const range = { from: parseTime(from, '/querystring/from'), to: parseTime(to, '/querystring/to') }
      return answerPage(query, AUDIT, (page) => listAudit(reads, { ...page, ...range, subject, keyId }))
    },
  })
}
