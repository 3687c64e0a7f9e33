import { sql } from 'kysely'
import { Type } from 'typebox'
import type { Db, Tx } from '../../db/open.ts'
import { cancelBillRun } from '../../ledger/bill-runs/cancel-bill-run.ts'
import { checkBillDate, MAX_DAYS_AHEAD } from '../../ledger/bill-runs/check-bill-date.ts'
import { retryBillRun } from '../../ledger/bill-runs/retry-bill-run.ts'
import { startBillRun } from '../../ledger/bill-runs/start-bill-run.ts'
import { Refusal } from '../../problems.ts'
import { AccountId, BillGroup, CalendarDate, Name, Uuid } from '../../requests/formats.ts'
import type { ApiContext, Routes } from '../context.ts'
import { ANSWERS } from '../example-answers.ts'
import { EXAMPLES } from '../examples.ts'
import { type Answer, handleWrite } from '../handle-write.ts'
import { limitOf, numberCursor, PageOf, PageQuery, pageOf, uuidCursor } from '../paging.ts'
import { ReasonBody } from '../reason.ts'
import { today } from '../today.ts'
import { problems, withIdempotencyKey } from '../view-responses.ts'
import { BillRunFailureView, BillRunView, readBillRuns } from '../views/bill-run-view.ts'

const MAX_NAMED = 10_000

export const accountIds = (maxItems: number) => Type.Array(AccountId, { minItems: 1, maxItems })
export const BillDate = {
  billDate: Type.Optional(CalendarDate),
  allowFuture: Type.Optional(
    Type.Boolean({ description: `True when a billDate more than ${MAX_DAYS_AHEAD} days ahead of today is meant` }),
  ),
}
const NewBillRun = Type.Object(
  {
    billGroup: Type.Optional(BillGroup),
    accountIds: Type.Optional(accountIds(MAX_NAMED)),
    ...BillDate,
    name: Type.Optional(Name),
  },
  { additionalProperties: false, examples: [EXAMPLES.newBillRun] },
)
const Queued = Type.Object(
  { billRunId: Uuid, status: Type.Literal('queued') },
  { description: 'Accepted durably', examples: [ANSWERS.billRunQueued] },
)

export const billRunRoutes: Routes = (api, context) => {
  const { reads } = context
  const params = Type.Object({ billRunId: Uuid })

  api.post('/v1/bill-runs', {
    config: { scope: 'operate' },
    schema: {
      operationId: 'startBillRun',
      summary: 'Start a bill run of a bill group, or of named accounts',
      tags: ['bill runs'],
      headers: withIdempotencyKey,
      body: NewBillRun,
      response: { 202: Queued, ...problems(404, 422) },
    },
    handler: (request, reply) =>
      handleWrite(context, request, reply, async (tx) => {
        const { billGroup = 'default', accountIds: accountKeys, billDate = today(), name = null } = request.body
        if (request.body.billGroup !== undefined && accountKeys) {
          const errors = [{ pointer: '/accountIds', message: 'must be left out when billGroup is given' }]
          throw new Refusal('invalid_request', 'name a billGroup or accountIds, not both', errors)
        }
        if (!request.body.allowFuture) await checkBillDate(tx, billDate)
        const billRunId = await startBillRun(tx, { of: accountKeys ? { accountKeys } : { billGroup }, billDate, name })
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

  api.get('/v1/bill-runs', {
    config: { scope: 'read' },
    schema: {
      operationId: 'listBillRuns',
      summary: 'List bill runs, newest first',
      tags: ['bill runs'],
      querystring: Type.Object(PageQuery, { additionalProperties: false }),
      response: { 200: PageOf(BillRunView), ...problems() },
    },
    handler: async ({ query }) => {
      const limit = limitOf(query)
      const before = uuidCursor(query.cursor)
      const earlier = before === undefined ? sql`true` : sql`bill_run.id < ${before}::uuid`
      const runs = await readBillRuns(reads, sql`where ${earlier} order by bill_run.id desc limit ${limit + 1}`)
      return pageOf(
        runs,
        limit,
        ({ billRunId }) => billRunId,
        (run) => run,
      )
    },
  })

  api.get('/v1/bill-runs/:billRunId', {
    config: { scope: 'read' },
    schema: {
      operationId: 'getBillRun',
      summary: 'One bill run, with exact progress and totals',
      tags: ['bill runs'],
      params,
      response: { 200: BillRunView, ...problems(404) },
    },
    handler: ({ params: { billRunId } }) => readBillRun(reads, billRunId),
  })

  api.get('/v1/bill-runs/:billRunId/failures', {
    config: { scope: 'read' },
    schema: {
      operationId: 'listBillRunFailures',
      summary: 'The accounts that could not be billed, and why',
      tags: ['bill runs'],
      params,
      querystring: Type.Object(PageQuery, { additionalProperties: false }),
      response: { 200: PageOf(BillRunFailureView), ...problems(404) },
    },
    handler: async ({ params: { billRunId }, query }) => {
      const limit = limitOf(query)
      const after = numberCursor(query.cursor) ?? 0
      await requireBillRun(reads, billRunId)
      const { rows } = await sql<{
        account_id: number
        key: string
        failure_code: string
        failure_message: string
        failure_attempts: number
      }>`
        select account_id, account.key, failure_code, failure_message, failure_attempts
        from (
          select account_ids[1] as account_id, failure_code, failure_message, failure_attempts from bill_batch
          where bill_run_id = ${billRunId}::uuid and status = 'failed' and account_ids[1] > ${after}::bigint
          order by account_ids[1] limit ${limit + 1}) failed
        join account on account.id = account_id order by account_id`.execute(reads)
      return pageOf(
        rows,
        limit,
        (row) => row.account_id,
        (row) => ({
          accountId: row.key,
          code: row.failure_code,
          message: row.failure_message,
          attempts: row.failure_attempts,
        }),
      )
    },
  })

  api.post('/v1/bill-runs/:billRunId/retry', {
    config: { scope: 'operate', bodyOptional: true },
    schema: {
      operationId: 'retryBillRun',
      summary: "Try a bill run's failed accounts again, within the same run",
      tags: ['bill runs'],
      params,
      headers: withIdempotencyKey,
      body: ReasonBody,
      response: { 202: BillRunView, ...problems(404, 409) },
    },
    handler: (request, reply) => {
      const { billRunId } = request.params
      return handleWrite(context, request, reply, async (tx) => {
        await retryBillRun(tx, billRunId)
        return { ...(await changed(tx, 'retry', billRunId, request.body.reason)), wake: wakeRun(context, billRunId) }
      })
    },
  })

  api.post('/v1/bill-runs/:billRunId/cancel', {
    config: { scope: 'operate', bodyOptional: true },
    schema: {
      operationId: 'cancelBillRun',
      summary: 'Cancel a bill run: what is billed stays billed, what has not begun is not begun',
      tags: ['bill runs'],
      params,
      headers: withIdempotencyKey,
      body: ReasonBody,
      response: { 202: BillRunView, ...problems(404, 409) },
    },
    handler: (request, reply) => {
      const { billRunId } = request.params
      return handleWrite(context, request, reply, async (tx) => {
        await cancelBillRun(tx, billRunId)
        return changed(tx, 'cancel', billRunId, request.body.reason)
      })
    },
  })
}

/** The answer to a change of a bill run: what has become of it. */
const changed = async (tx: Tx, change: string, billRunId: string, reason: string | undefined): Promise<Answer> => ({
  status: 202,
  body: await readBillRun(tx, billRunId),
  audit: { action: `bill-run.${change}`, subject: billRunId, reason },
})

/** One bill run. Throws a Refusal `bill_run_not_found`. */
export async function readBillRun(db: Db | Tx, billRunId: string): Promise<BillRunView> {
  const [run] = await readBillRuns(db, sql`where bill_run.id = ${billRunId}::uuid`)
  if (!run) throw billRunNotFound(billRunId)
  return run
}

/** Throws a Refusal `bill_run_not_found` when there is none, without adding up what is known of it. */
async function requireBillRun(db: Db, billRunId: string): Promise<void> {
  const run = await db.selectFrom('bill_run').select('id').where('id', '=', billRunId).executeTakeFirst()
  if (!run) throw billRunNotFound(billRunId)
}

const billRunNotFound = (billRunId: string) => new Refusal('bill_run_not_found', `there is no bill run ${billRunId}`)

const wakeRun =
  ({ queues }: ApiContext, billRunId: string) =>
  () =>
    queues.wake('bill-run', [billRunId])
