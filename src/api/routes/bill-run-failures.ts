import { Type } from 'typebox'
import { accountIdsOf } from '../../ledger/accounts/find-accounts.ts'
import { retryBillRun } from '../../ledger/bill-runs/retry-bill-run.ts'
import { listBillRunFailures, readBillRun, readBillRunFailureGroups } from '../../reads/bill-runs.ts'
import { Description, Uuid } from '../../requests/formats.ts'
import { changeRoute } from '../change-routes.ts'
import type { Routes } from '../context.ts'
import { EXAMPLES } from '../examples.ts'
import { listRoute } from '../list-route.ts'
import { answerPage, pageQuery } from '../paging.ts'
import { problems } from '../view-responses.ts'
import {
  BillRunFailureView,
  FAILURES,
  FailureGroupsView,
  presentFailureGroup,
} from '../views/bill-run-failures-view.ts'
import { BillRunView, presentBillRun } from '../views/bill-run-view.ts'
import { accountIds, MAX_NAMED, wakeRun } from './bill-runs.ts'

const FailureCode = Type.String({
  pattern: '^[a-z_]{1,64}$',
  description: 'The code of a failure: 1 to 64 of a-z _',
})
const params = Type.Object({ billRunId: Uuid })

export const FailureQuery = pageQuery({ code: Type.Optional(FailureCode) })
export const RetryRequest = Type.Object(
  {
    codes: Type.Optional(Type.Array(FailureCode, { minItems: 1, maxItems: 50 })),
    accountIds: Type.Optional(accountIds(MAX_NAMED)),
    reason: Type.Optional(Description),
  },
  { additionalProperties: false, examples: [EXAMPLES.retry] },
)

const getFailures: Routes = (api, { reads }) => {
  listRoute(api, {
    path: '/v1/bill-runs/:billRunId/failures',
    params,
    scope: 'read',
    operationId: 'listBillRunFailures',
    summary: 'The accounts that could not be billed, and why',
    tag: 'bill runs',
    item: BillRunFailureView,
    query: FailureQuery,
    refusals: [404],
    answer: ({ params: { billRunId }, query }) =>
      answerPage(query, FAILURES, (page) => listBillRunFailures(reads, { ...page, billRunId, code: query.code })),
  })
}

const getFailureGroups: Routes = (api, { reads }) => {
  api.get('/v1/bill-runs/:billRunId/failure-groups', {
    config: { scope: 'read' },
    schema: {
      operationId: 'getBillRunFailureGroups',
      summary: 'How many accounts could not be billed for each reason',
      description: 'By code, the most frequent first. What was retried and billed is not counted any more.',
      tags: ['bill runs'],
      params,
      response: { 200: FailureGroupsView, ...problems(404) },
    },
    handler: async ({ params: { billRunId } }) => ({
      data: (await readBillRunFailureGroups(reads, billRunId)).map(presentFailureGroup),
    }),
  })
}

const postRetry: Routes = (api, context) => {
  changeRoute(api, context, {
    path: '/v1/bill-runs/:billRunId/retry',
    params,
    scope: 'operate',
    operationId: 'retryBillRun',
    summary: "Try a bill run's failed accounts again, within the same run",
    description:
      'All of them, or those with one of the codes, or of the named accounts; with both, those that match both.',
    tag: 'bill runs',
    action: 'bill-run.retry',
    refusals: [404, 409],
    body: RetryRequest,
    view: BillRunView,
    script: async (tx, billRunId, { codes, accountIds: keys }) => {
      const accounts = keys && (await accountIdsOf(tx, keys))
      const retried = await retryBillRun(tx, billRunId, { codes, accountIds: accounts })
      const of = codes === undefined ? '' : ` with ${codes.join(', ')}`
      return {
        body: presentBillRun(await readBillRun(tx, billRunId)),
        wake: wakeRun(context, billRunId),
        detail: `${retried} ${retried === 1 ? 'account' : 'accounts'}${of}`,
      }
    },
  })
}

export const billRunFailureRoutes: Routes = (api, context) => {
  for (const route of [getFailures, getFailureGroups, postRetry]) route(api, context)
}
