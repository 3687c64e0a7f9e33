import { Type } from 'typebox'
import { cancelBillRun } from '../../ledger/bill-runs/cancel-bill-run.ts'
import { checkBillDate, MAX_DAYS_AHEAD } from '../../ledger/bill-runs/check-bill-date.ts'
import { startBillRun } from '../../ledger/bill-runs/start-bill-run.ts'
import { Refusal } from '../../problems.ts'
import { readBillRunRate } from '../../reads/bill-run-rate.ts'
import { listBillRuns, readBillRun } from '../../reads/bill-runs.ts'
import { AccountId, BillGroup, CalendarDate, Name, Uuid } from '../../requests/formats.ts'
import { changeRoute } from '../change-routes.ts'
import type { ApiContext, Routes } from '../context.ts'
import { ANSWERS } from '../example-answers.ts'
import { EXAMPLES } from '../examples.ts'
import { handleWrite } from '../handle-write.ts'
import { listRoute } from '../list-route.ts'
import { answerPage, pageQuery } from '../paging.ts'
import { today } from '../today.ts'
import { problems, withIdempotencyKey } from '../view-responses.ts'
import { BillRunRateView, presentBillRunRate } from '../views/bill-run-rate-view.ts'
import { BILL_RUNS, BillRunStatusName, BillRunView, presentBillRun } from '../views/bill-run-view.ts'
import { ScheduleName } from '../views/schedule-view.ts'
import { parseTime, Time } from '../views/time.ts'

export const MAX_NAMED = 10_000

export const accountIds = (maxItems: number) => Type.Array(AccountId, { minItems: 1, maxItems })
export const BillDate = {
  billDate: Type.Optional(CalendarDate),
  allowFuture: Type.Optional(
    Type.Boolean({ description: `True when a billDate more than ${MAX_DAYS_AHEAD} days ahead of today is meant` }),
  ),
}
export const NewBillRun = Type.Object(
  {
    billGroup: Type.Optional(BillGroup),
    accountIds: Type.Optional(accountIds(MAX_NAMED)),
    ...BillDate,
    name: Type.Optional(Name),
  },
  { additionalProperties: false, examples: [EXAMPLES.newBillRun] },
)
export const QueuedBillRun = Type.Object(
  { billRunId: Uuid, status: Type.Literal('queued') },
  { description: 'Accepted durably', examples: [ANSWERS.billRunQueued] },
)
export const BillRunQuery = pageQuery({
  billGroup: Type.Optional(BillGroup),
  status: Type.Optional(BillRunStatusName),
  schedule: Type.Optional(ScheduleName),
  from: Type.Optional(Time),
  to: Type.Optional(Time),
})
const params = Type.Object({ billRunId: Uuid })

const postBillRun: Routes = (api, context) => {
  api.post('/v1/bill-runs', {
    config: { scope: 'operate' },
    schema: {
      operationId: 'startBillRun',
      summary: 'Start a bill run of a bill group, or of named accounts',
      tags: ['bill runs'],
      headers: withIdempotencyKey,
      body: NewBillRun,
      response: { 202: QueuedBillRun, ...problems(404, 422) },
    },
    handler: (request, reply) =>
      handleWrite(context, request, reply, async (tx) => {
        const { billGroup, accountIds: accountKeys, billDate = today(), allowFuture, name = null } = request.body
        if (billGroup !== undefined && accountKeys) throw namesBoth()
        if (!allowFuture) await checkBillDate(tx, billDate)
        const of = accountKeys ? { accountKeys } : { billGroup: billGroup ?? 'default' }
        const billRunId = await startBillRun(tx, { of, billDate, name })
        if (billRunId === undefined) throw new Error('a bill run without a schedule was taken for a repeat')
        return {
          status: 202,
          body: { billRunId, status: 'queued' },
          location: `/v1/bill-runs/${billRunId}`,
          audit: { action: 'bill-run.start', subject: billRunId },
          wake: wakeRun(context, billRunId),
        }
      }),
  })
}

/** The refusal of a request that names a group and accounts. */
export function namesBoth(): Refusal {
  const errors = [{ pointer: '/accountIds', message: 'must be left out when billGroup is given' }]
  return new Refusal('invalid_request', 'name a billGroup or accountIds, not both', errors)
}

const getBillRuns: Routes = (api, { reads }) => {
  listRoute(api, {
    path: '/v1/bill-runs',
    scope: 'read',
    operationId: 'listBillRuns',
    summary: 'List bill runs, newest first',
    tag: 'bill runs',
    item: BillRunView,
    query: BillRunQuery,
    answer: ({ query }) => {
      const { billGroup, status, schedule } = query
      const from = parseTime(query.from, '/querystring/from')
      const to = parseTime(query.to, '/querystring/to')
      return answerPage(query, BILL_RUNS, (page) =>
        listBillRuns(reads, { ...page, billGroup, status, schedule, from, to }),
      )
    },
  })
}

const getBillRun: Routes = (api, { reads }) => {
  api.get('/v1/bill-runs/:billRunId', {
    config: { scope: 'read' },
    schema: {
      operationId: 'getBillRun',
      summary: 'One bill run, with exact progress and totals',
      tags: ['bill runs'],
      params,
      response: { 200: BillRunView, ...problems(404) },
    },
    handler: async ({ params: { billRunId } }) => presentBillRun(await readBillRun(reads, billRunId)),
  })
}

const getBillRunRate: Routes = (api, { reads }) => {
  api.get('/v1/bill-runs/:billRunId/rate', {
    config: { scope: 'read' },
    schema: {
      operationId: 'getBillRunRate',
      summary: 'How many accounts a bill run dealt with, step by step',
      description:
        'In at most 120 steps. Each account counts where it was first tried: what a retry did later is not in it.',
      tags: ['bill runs'],
      params,
      response: { 200: BillRunRateView, ...problems(404) },
    },
    handler: async ({ params: { billRunId } }) => presentBillRunRate(await readBillRunRate(reads, billRunId)),
  })
}

const postCancel: Routes = (api, context) => {
  changeRoute(api, context, {
    path: '/v1/bill-runs/:billRunId/cancel',
    params,
    scope: 'operate',
    operationId: 'cancelBillRun',
    summary: 'Cancel a bill run: what is billed stays billed, what has not begun is not begun',
    tag: 'bill runs',
    action: 'bill-run.cancel',
    refusals: [404, 409],
    view: BillRunView,
    script: async (tx, billRunId) => {
      await cancelBillRun(tx, billRunId)
      return { body: presentBillRun(await readBillRun(tx, billRunId)) }
    },
  })
}

export const billRunRoutes: Routes = (api, context) => {
  for (const route of [postBillRun, getBillRuns, getBillRun, getBillRunRate, postCancel]) route(api, context)
}

/** Wakes the workers for a run. */
export const wakeRun =
  ({ queues }: ApiContext, billRunId: string) =>
  () =>
    queues.wake('bill-run', [billRunId])
