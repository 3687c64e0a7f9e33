import { Type } from 'typebox'
import type { Db, Tx } from '../../db/open.ts'
import { accountIdOf } from '../../ledger/accounts/find-accounts.ts'
import { deleteCredit } from '../../ledger/credits/delete-credit.ts'
import { creditNotFound } from '../../ledger/credits/find-credit.ts'
import { Refusal } from '../../problems.ts'
import { listCredits, readCredit } from '../../reads/credits.ts'
import { CreditRequest } from '../../requests/credit-request.ts'
import { AccountId, Uuid } from '../../requests/formats.ts'
import { deleteRoute } from '../change-routes.ts'
import type { Routes } from '../context.ts'
import { openCreditIntake } from '../credit-intake.ts'
import { ANSWERS } from '../example-answers.ts'
import { EXAMPLES } from '../examples.ts'
import { actorOf, send } from '../handle-write.ts'
import { keyedRequestOf } from '../keyed-request.ts'
import { listRoute } from '../list-route.ts'
import { answerPage, pageQuery } from '../paging.ts'
import { problems, withIdempotencyKey } from '../view-responses.ts'
import { CREDITS, CreditStatusName, CreditView, presentCredit } from '../views/credit-view.ts'
import { postCreditBatch } from './credit-batch.ts'

export const Accepted = Type.Object(
  { jobId: Uuid, creditId: Uuid, status: Type.Literal('queued') },
  { description: 'Accepted durably', examples: [ANSWERS.accepted] },
)
export const CreditQuery = pageQuery({
  accountId: Type.Optional(AccountId),
  status: Type.Optional(CreditStatusName),
  disbursement: Type.Optional(
    Type.Enum(['automatic', 'by_hand'], { description: 'automatic: bill runs disburse them; by_hand: a person does' }),
  ),
  hasLeft: Type.Optional(
    Type.Enum(['true'], { description: 'true: only issued credits with something left to disburse' }),
  ),
})
const params = Type.Object({ creditId: Uuid })

const postCredit: Routes = (api, context) => {
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
}

const getCredits: Routes = (api, { reads }) => {
  listRoute(api, {
    path: '/v1/credits',
    scope: 'read',
    operationId: 'listCredits',
    summary: 'List credits, newest first',
    tag: 'credits',
    item: CreditView,
    query: CreditQuery,
    refusals: [404],
    answer: ({ query }) =>
      answerPage(query, CREDITS, async (page) => {
        const { status, disbursement, hasLeft } = query
        const accountId = await accountIdOf(reads, query.accountId)
        const automatic = disbursement === undefined ? undefined : disbursement === 'automatic'
        return listCredits(reads, { ...page, accountId, status, automatic, hasLeft: hasLeft === 'true' })
      }),
  })
}

const getCredit: Routes = (api, { reads }) => {
  api.get('/v1/credits/:creditId', {
    config: { scope: 'read' },
    schema: {
      operationId: 'getCredit',
      summary: 'One credit',
      tags: ['credits'],
      params,
      response: { 200: CreditView, ...problems(404) },
    },
    handler: ({ params: { creditId } }) => showCredit(reads, creditId),
  })
}

/** One credit as it is shown. Throws a Refusal `credit_not_found`, which tells when the credit is accepted but not recorded yet. */
export async function showCredit(db: Db | Tx, creditId: string): Promise<CreditView> {
  const row = await readCredit(db, creditId)
  if (!row) throw await creditNotFound(db, creditId)
  return presentCredit(row)
}

/** A change of a credit. */
export const CREDIT_CHANGE = { params, scope: 'operate', tag: 'credits', refusals: [404, 409] } as const

const removeCredit: Routes = (api, context) => {
  deleteRoute(api, context, {
    ...CREDIT_CHANGE,
    path: '/v1/credits/:creditId',
    operationId: 'deleteCredit',
    summary: 'Delete a credit that is not issued',
    action: 'credit.delete',
    script: deleteCredit,
  })
}

export const creditRoutes: Routes = (api, context) => {
  for (const route of [postCredit, postCreditBatch, getCredits, getCredit, removeCredit]) route(api, context)
}
