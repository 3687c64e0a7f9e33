import { Type } from 'typebox'
import { Uuid } from '../../requests/formats.ts'
import type { Routes } from '../context.ts'
import { auditCursor, limitOf, PageOf, PageQuery, pageOf } from '../paging.ts'
import { problems } from '../view-responses.ts'
import { AuditView, presentAudit, readAudit } from '../views/audit-view.ts'
import { parseTime, Time } from '../views/time.ts'

export const auditRoutes: Routes = (api, { reads }) => {
  api.get('/v1/audit', {
    config: { scope: 'read' },
    schema: {
      operationId: 'listAudit',
      summary: 'Who did what, when, with which key and request, and why, newest first',
      description:
        'From the moment `from` on, until before the moment `to`. An accepted credit or reversal is an entry under the id of its credit.',
      tags: ['audit'],
      querystring: Type.Object(
        {
          ...PageQuery,
          subject: Type.Optional(
            Type.String({
              pattern: '^[^\\u0000-\\u001f]{1,200}$',
              description:
                'The id of what something was done to: of a credit, a bill run, a key, an account, a schedule',
            }),
          ),
          keyId: Type.Optional(Uuid),
          from: Type.Optional(Time),
          to: Type.Optional(Time),
        },
        { additionalProperties: false },
      ),
      response: { 200: PageOf(AuditView), ...problems() },
    },
    handler: async ({ query }) => {
      const limit = limitOf(query)
      const rows = await readAudit(reads, {
        subject: query.subject,
        keyId: query.keyId,
        from: query.from === undefined ? undefined : parseTime(query.from, '/querystring/from'),
        to: query.to === undefined ? undefined : parseTime(query.to, '/querystring/to'),
        after: auditCursor(query.cursor),
        limit: limit + 1,
      })
      return pageOf(rows, limit, ({ place, audit_id }) => `${place}/${audit_id}`, presentAudit)
    },
  })
}
