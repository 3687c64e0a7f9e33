import { Type } from 'typebox'
import { accountNotFound, findAccounts } from '../../ledger/accounts/find-accounts.ts'
import { listAccountActivity, MAX_CREDITS_FOLLOWED } from '../../reads/account-activity.ts'
import { listAudit } from '../../reads/audit.ts'
import { Uuid } from '../../requests/formats.ts'
import { AccountParams, keyOf } from '../account-param.ts'
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

const getAudit: Routes = (api, { reads }) => {
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

const getAccountActivity: Routes = (api, { reads }) => {
  listRoute(api, {
    path: '/v1/accounts/:accountId/activity',
    scope: 'read',
    operationId: 'listAccountActivity',
    summary: 'Who did what to an account and its credits, newest first',
    description: `What was asked for, and what was done to the account and to the newest ${MAX_CREDITS_FOLLOWED.toLocaleString('en')} of its credits.`,
    tag: 'audit',
    item: AuditView,
    params: AccountParams,
    refusals: [404],
    answer: ({ query, params }) =>
      answerPage(query, AUDIT, async (page) => {
        const key = keyOf(params)
        const account = (await findAccounts(reads, [key])).get(key)
        if (!account) throw accountNotFound(key)
        return listAccountActivity(reads, { ...page, account })
      }),
  })
}

export const auditRoutes: Routes = (api, context) => {
  for (const route of [getAudit, getAccountActivity]) route(api, context)
}
