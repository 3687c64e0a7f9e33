import { Type } from 'typebox'
import { listAudit } from '../../reads/audit.ts'
import { Uuid } from '../../requests/formats.ts'
import type { Routes } from '../context.ts'
import { listRoute } from '../list-route.ts'
import { answerPage, pageQuery } from '../paging.ts'
import { AUDIT, AuditView } from '../views/audit-view.ts'
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

export const auditRoutes: Routes = (api, { reads }) => {
  listRoute(api, {
    path: '/v1/audit',
    scope: 'read',
    operationId: 'listAudit',
    summary: 'Who did what, when, with which key and request, and why, newest first',
    description:
      'From the moment `from` on, until before the moment `to`. An accepted credit or reversal is an entry under the id of its credit.',
    tag: 'audit',
    item: AuditView,
    query: AuditQuery,
    answer: async ({ query }) => {
      const { subject, keyId, from, to } = query
      const range = { from: parseTime(from, '/querystring/from'), to: parseTime(to, '/querystring/to') }
      return answerPage(query, AUDIT, (page) => listAudit(reads, { ...page, ...range, subject, keyId }))
    },
  })
}
