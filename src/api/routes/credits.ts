import { sql } from 'kysely'
import { Type } from 'typebox'
import { accountIdOf } from '../../ledger/accounts/find-accounts.ts'
import { type AcceptedCredit, acceptCredits } from '../../ledger/credits/accept-credits.ts'
import { deleteCredit } from '../../ledger/credits/delete-credit.ts'
import { creditNotFound } from '../../ledger/credits/find-credit.ts'
import { problemOf, Refusal } from '../../problems.ts'
import { CreditRequest } from '../../requests/credit-request.ts'
import { AccountId, Uuid } from '../../requests/formats.ts'
import type { ApiContext, Routes } from '../context.ts'
import { openCreditIntake } from '../credit-intake.ts'
import { invalidRequest } from '../errors.ts'
import { ANSWERS } from '../example-answers.ts'
import { EXAMPLES } from '../examples.ts'
import { actorOf, handleWrite, send } from '../handle-write.ts'
import { keyedRequestOf } from '../keyed-request.ts'
import { keyset } from '../keyset.ts'
import { limitOf, PageOf, PageQuery, pageOf, uuidCursor } from '../paging.ts'
import { ReasonQuery } from '../reason.ts'
import { NoContent, ProblemView, problems, withIdempotencyKey } from '../view-responses.ts'
import { CreditStatusName, CreditView, presentCredit, readCredits } from '../views/credit-view.ts'

export const Accepted = Type.Object(
  { jobId: Uuid, creditId: Uuid, status: Type.Literal('queued') },
  { description: 'Accepted durably', examples: [ANSWERS.accepted] },
)

const CreditBatch = Type.Object(
  {
    credits: Type.Array(Type.Unsafe<unknown>(Type.Object({}, { additionalProperties: true })), {
      minItems: 1,
      maxItems: 1_000,
      description: 'Each as for POST /v1/credits; one that is wrong is rejected, the others are accepted',
    }),
  },
  { additionalProperties: false, examples: [EXAMPLES.creditBatch] },
)
const BatchAccepted = Type.Object(
  {
    accepted: Type.Array(Type.Object({ index: Type.Integer(), jobId: Uuid, creditId: Uuid })),
    rejected: Type.Array(Type.Object({ index: Type.Integer(), problem: ProblemView })),
  },
  { description: 'What was accepted durably, and what was not and why', examples: [ANSWERS.batch] },
)

export const creditRoutes: Routes = (api, context) => {
  const { reads } = context
  const intake = openCreditIntake(context, (error) =>
    api.log.warn({ err: error }, 'could not wake the workers; the relay will'),
  )

  api.post('/v1/credits', {
    config: { scope: 'enqueue' },
    schema: {
      operationId: 'postCredit',
      summary: 'Give an account a credit',
      description: 'Accepted durably: the next bill run of the account attaches it to the new invoice.',
      tags: ['credits'],
      headers: withIdempotencyKey,
      body: { ...CreditRequest, examples: [EXAMPLES.newCredit] } as unknown as typeof CreditRequest,
      response: { 202: Accepted, ...problems(404, 409, 422) },
    },
    handler: async (request, reply) => {
      const actor = actorOf(request)
      const answer = await intake({ request: request.body, actor, keyed: keyedRequestOf(request, actor.apiKeyId) })
      if (answer instanceof Refusal) throw answer
      return send(reply, answer.answer, answer.replayed)
    },
  })

  api.post('/v1/credits/batch', {
    config: { scope: 'enqueue' },
    schema: {
      operationId: 'postCreditBatch',
      summary: 'Give up to 1,000 credits at once',
      tags: ['credits'],
      headers: withIdempotencyKey,
      body: CreditBatch,
      response: { 202: BatchAccepted, ...problems() },
    },
    handler: (request, reply) =>
      handleWrite(context, request, reply, async (tx, actor) => {
        // By the same validator as a single credit, so that both are judged alike.
        const check = request.compileValidationSchema(CreditRequest)
        const checked = request.body.credits.map((item) =>
          check(item) ? (item as CreditRequest) : invalidRequest(check.errors ?? []),
        )
        const valid = checked.filter((one): one is CreditRequest => !(one instanceof Refusal))
        const answers = (
          await acceptCredits(
            tx,
            valid.map((request) => ({ request, actor })),
          )
        ).values()
        const all = checked.map((one) =>
          one instanceof Refusal ? one : (answers.next().value as AcceptedCredit | Refusal),
        )
        const accepted = all.flatMap((one, index) =>
          one instanceof Refusal ? [] : [{ index, jobId: one.jobId, creditId: one.creditId }],
        )
        const rejected = all.flatMap((one, index) =>
          one instanceof Refusal ? [{ index, problem: problemOf(one) }] : [],
        )
        return { status: 202, body: { accepted, rejected }, wake: wakeCredits(context, accepted) }
      }),
  })

  api.get('/v1/credits', {
    config: { scope: 'read' },
    schema: {
      operationId: 'listCredits',
      summary: 'List credits, newest first',
      tags: ['credits'],
      querystring: Type.Object(
        { ...PageQuery, accountId: Type.Optional(AccountId), status: Type.Optional(CreditStatusName) },
        { additionalProperties: false },
      ),
      response: { 200: PageOf(CreditView), ...problems(404) },
    },
    handler: async ({ query }) => {
      const limit = limitOf(query)
      const before = uuidCursor(query.cursor)
      const account = query.accountId === undefined ? undefined : await accountIdOf(reads, query.accountId)
      const status = query.status === undefined ? undefined : sql`${query.status}::credit_status`
      const { where, orderBy } = keyset({
        lead:
          account !== undefined
            ? { column: sql`credit.account_id`, value: sql`${account}::bigint` }
            : status && { column: sql`credit.status`, value: status },
        order: [sql`credit.id`],
        direction: 'desc',
        after: before === undefined ? undefined : [sql`${before}::uuid`],
      })
      const ofStatus = account !== undefined && status ? sql`credit.status = ${status}` : sql`true`
      const rows = await readCredits(reads, sql`where ${where} and ${ofStatus} order by ${orderBy} limit ${limit + 1}`)
      return pageOf(rows, limit, ({ id }) => id, presentCredit)
    },
  })

  api.get('/v1/credits/:creditId', {
    config: { scope: 'read' },
    schema: {
      operationId: 'getCredit',
      summary: 'One credit',
      tags: ['credits'],
      params: Type.Object({ creditId: Uuid }),
      response: { 200: CreditView, ...problems(404) },
    },
    handler: async ({ params: { creditId } }) => {
      const [row] = await readCredits(reads, sql`where credit.id = ${creditId}::uuid`)
      if (!row) throw await creditNotFound(reads, creditId)
      return presentCredit(row)
    },
  })

  api.delete('/v1/credits/:creditId', {
    config: { scope: 'operate' },
    schema: {
      operationId: 'deleteCredit',
      summary: 'Delete a credit that is not issued',
      tags: ['credits'],
      params: Type.Object({ creditId: Uuid }),
      querystring: ReasonQuery,
      response: { ...NoContent, ...problems(404, 409) },
    },
    handler: (request, reply) =>
      handleWrite(context, request, reply, async (tx) => {
        const { creditId } = request.params
        await deleteCredit(tx, creditId)
        return { status: 204, audit: { action: 'credit.delete', subject: creditId, reason: request.query.reason } }
      }),
  })
}

const wakeCredits =
  ({ queues }: ApiContext, accepted: readonly AcceptedCredit[]) =>
  async () => {
    if (accepted.length > 0)
      await queues.wake(
        'credit',
        accepted.map(({ jobId }) => jobId),
      )
  }
