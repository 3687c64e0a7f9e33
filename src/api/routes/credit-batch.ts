import { Type } from 'typebox'
import { acceptCredits } from '../../ledger/credits/accept-credits.ts'
import { isNotRefused, processOpen } from '../../ledger/requests/process-open.ts'
import { problemOf, Refusal } from '../../problems.ts'
import { CreditRequest } from '../../requests/credit-request.ts'
import { Uuid } from '../../requests/formats.ts'
import type { Routes } from '../context.ts'
import { invalidRequest } from '../errors.ts'
import { ANSWERS } from '../example-answers.ts'
import { EXAMPLES } from '../examples.ts'
import { handleWrite } from '../handle-write.ts'
import { ProblemView, problems, withIdempotencyKey } from '../view-responses.ts'

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
export const AcceptedBatch = Type.Object(
  {
    accepted: Type.Array(Type.Object({ index: Type.Integer(), jobId: Uuid, creditId: Uuid })),
    rejected: Type.Array(Type.Object({ index: Type.Integer(), problem: ProblemView })),
  },
  { description: 'What was accepted durably, and what was not and why', examples: [ANSWERS.batch] },
)

export const postCreditBatch: Routes = (api, context) => {
  api.post('/v1/credits/batch', {
    config: { scope: 'enqueue' },
    schema: {
      operationId: 'postCreditBatch',
      summary: 'Give up to 1,000 credits at once',
      tags: ['credits'],
      headers: withIdempotencyKey,
      body: CreditBatch,
      response: { 202: AcceptedBatch, ...problems() },
    },
    handler: (request, reply) =>
      handleWrite(context, request, reply, async (tx, actor) => {
        // By the same validator as a single credit, so that both are judged alike.
        const check = request.compileValidationSchema(CreditRequest)
        const checked = request.body.credits.map((item) =>
          check(item) ? { request: item as CreditRequest, actor } : invalidRequest(check.errors ?? []),
        )
        const outcomes = await processOpen(checked, isNotRefused, (credits) => acceptCredits(tx, credits))
        const accepted = outcomes.flatMap((one, index) => (one instanceof Refusal ? [] : [{ index, ...one }]))
        const rejected = outcomes.flatMap((one, index) =>
          one instanceof Refusal ? [{ index, problem: problemOf(one) }] : [],
        )
        const jobIds = accepted.map(({ jobId }) => jobId)
        return { status: 202, body: { accepted, rejected }, wake: () => context.queues.wake('credit', jobIds) }
      }),
  })
}
