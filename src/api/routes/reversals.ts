import { Type } from 'typebox'
import { acceptReversal } from '../../ledger/credits/accept-reversal.ts'
import { cancelReversal } from '../../ledger/credits/cancel-reversal.ts'
import { Uuid } from '../../requests/formats.ts'
import { ReversalRequest } from '../../requests/reversal-request.ts'
import type { Routes } from '../context.ts'
import { queued } from '../credit-intake.ts'
import { EXAMPLES } from '../examples.ts'
import { handleWrite } from '../handle-write.ts'
import { ReasonQuery } from '../reason.ts'
import { NoContent, problems, withIdempotencyKey } from '../view-responses.ts'
import { Accepted } from './credits.ts'

export const reversalRoutes: Routes = (api, context) => {
  const params = Type.Object({ creditId: Uuid })

  api.post('/v1/credits/:creditId/reversal', {
    config: { scope: 'enqueue', bodyOptional: true },
    schema: {
      operationId: 'requestReversal',
      summary: 'Reverse an issued credit',
      description: "The account's next bill run puts a Reversed Credit on its invoice.",
      tags: ['credits'],
      params,
      headers: withIdempotencyKey,
      body: { ...ReversalRequest, examples: [EXAMPLES.reversal] } as unknown as typeof ReversalRequest,
      response: { 202: Accepted, ...problems(404, 409) },
    },
    handler: (request, reply) =>
      handleWrite(context, request, reply, async (tx, actor) => {
        const accepted = await acceptReversal(tx, request.params.creditId, request.body, actor)
        return {
          ...queued(accepted),
          wake: () => context.queues.wake('reversal', [accepted.jobId]),
        }
      }),
  })

  api.delete('/v1/credits/:creditId/reversal', {
    config: { scope: 'operate' },
    schema: {
      operationId: 'cancelReversal',
      summary: 'Cancel a reversal that no bill run has applied',
      tags: ['credits'],
      params,
      querystring: ReasonQuery,
      response: { ...NoContent, ...problems(404, 409) },
    },
    handler: (request, reply) =>
      handleWrite(context, request, reply, async (tx) => {
        const { creditId } = request.params
        await cancelReversal(tx, creditId)
        return { status: 204, audit: { action: 'reversal.cancel', subject: creditId, reason: request.query.reason } }
      }),
  })
}
