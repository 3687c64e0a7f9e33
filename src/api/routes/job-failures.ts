import { Type } from 'typebox'
import type { Db } from '../../db/open.ts'
import { inTransaction } from '../../db/transaction.ts'
import { accountIdOf } from '../../ledger/accounts/find-accounts.ts'
import { claimKeys, type KeptAnswer, type KeyedRequest, keepAnswers } from '../../ledger/requests/idempotency.ts'
import { aloneInRetrying, retryFailedJobs } from '../../ledger/requests/retry-failed-jobs.ts'
import { Refusal } from '../../problems.ts'
import { readFailureGroups } from '../../reads/job-failures.ts'
import { AccountId } from '../../requests/formats.ts'
import type { Routes } from '../context.ts'
import { ANSWERS } from '../example-answers.ts'
import { EXAMPLES } from '../examples.ts'
import { actorOf, send } from '../handle-write.ts'
import { keyedRequestOf } from '../keyed-request.ts'
import { ReasonBody } from '../reason.ts'
import { problems, withIdempotencyKey } from '../view-responses.ts'
import { FailureCode, FailureGroupsView, JobType, presentFailureGroup } from '../views/job-view.ts'

const which = { type: Type.Optional(JobType), accountId: Type.Optional(AccountId) }

export const RetryJobs = Type.Object(
  {
    ...which,
    codes: Type.Optional(Type.Array(FailureCode, { minItems: 1, maxItems: 100, uniqueItems: true })),
    ...ReasonBody.properties,
  },
  { additionalProperties: false, examples: [EXAMPLES.retryJobs] },
)
export const RetriedJobs = Type.Object(
  {
    retried: Type.Integer({ minimum: 0 }),
    refused: Type.Integer({
      minimum: 0,
      description: 'Those that stay failed, because another job has their reference, or reverses the same credit',
    }),
    more: Type.Boolean({ description: 'True when there was no time for all: ask again, with another Idempotency-Key' }),
  },
  { description: 'Taken up again', examples: [ANSWERS.retriedJobs] },
)

export const getFailureGroups: Routes = (api, { reads }) => {
  api.get('/v1/jobs/failure-groups', {
    config: { scope: 'read' },
    schema: {
      operationId: 'listJobFailureGroups',
      summary: 'Why accepted credits and reversals failed, and how many for each reason',
      description: 'Of all failed ones that are kept, which is at least 30 days after they ended.',
      tags: ['jobs'],
      querystring: Type.Object(which, { additionalProperties: false }),
      response: { 200: FailureGroupsView, ...problems(404) },
    },
    handler: async ({ query }) => {
      const accountId = await accountIdOf(reads, query.accountId)
      return { data: (await readFailureGroups(reads, { accountId, type: query.type })).map(presentFailureGroup) }
    },
  })
}

export const postRetryFailed: Routes = (api, context) => {
  api.post('/v1/jobs/retry', {
    config: { scope: 'operate', bodyOptional: true },
    schema: {
      operationId: 'retryJobs',
      summary: 'Take up all failed jobs again that match',
      description:
        'Those that had failed before now for one of the `codes`, of the `type` and of the account: all of them when nothing is named. They are taken up a thousand at a time. When this is cut short, those that were taken up stay so, and a repeat takes up the rest.',
      tags: ['jobs'],
      headers: withIdempotencyKey,
      body: RetryJobs,
      response: { 202: RetriedJobs, ...problems(404, 409) },
    },
    handler: async (request, reply) => {
      const { db, queues } = context
      const actor = actorOf(request)
      const { codes, type, accountId, reason } = request.body
      const keyed = keyedRequestOf(request, actor.apiKeyId)
      const onQueued = (type: string, ids: readonly string[]) =>
        void queues
          .wake(type, ids)
          .catch((error: unknown) => request.log.warn({ err: error }, 'could not wake the workers; the relay will'))
      const retry = async () => {
        const which = { codes, type, accountId: await accountIdOf(db, accountId) }
        return { status: 202, body: await retryFailedJobs(db, which, { actor, reason, onQueued }) }
      }
      // Not handleWrite, which is one transaction. What the transactions of a retry did is what a repeat need not do.
      const { answer, replayed } = await aloneInRetrying(db, async () => {
        const earlier = await earlierAnswer(db, keyed)
        if (earlier) return { answer: earlier, replayed: true }
        const answer = await retry()
        if (keyed) await inTransaction(db, (tx) => keepAnswers(tx, [{ keyed, answer }]))
        return { answer, replayed: false }
      })
      return send(reply, answer, replayed)
    },
  })
}

/** The answer that was given under this key. Throws a Refusal when another request had the key. */
async function earlierAnswer(db: Db, keyed: KeyedRequest | undefined): Promise<KeptAnswer | undefined> {
  const [earlier] = await inTransaction(db, (tx) => claimKeys(tx, [keyed]))
  if (earlier instanceof Refusal) throw earlier
  return earlier
}
