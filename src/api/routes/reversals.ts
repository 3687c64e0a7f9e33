import { Type } from 'typebox'
import { acceptReversal } from '../../ledger/credits/accept-reversal.ts'
import { cancelReversal } from '../../ledger/credits/cancel-reversal.ts'
import { Uuid } from '../../requests/formats.ts'
import { ReversalRequest } from '../../requests/reversal-request.ts'
import { deleteRoute } from '../change-routes.ts'
import type { Routes } from '../context.ts'
import { queued } from '../credit-intake.ts'
import { EXAMPLES } from '../examples.ts'
import { handleWrite } from '../handle-write.ts'
import { problems, withIdempotencyKey } from '../view-responses.ts'
import { Accepted, CREDIT_CHANGE } from './credits.ts'

const path = '/v1/credits/:creditId/reversal'
const params = Type.Object({ creditId: Uuid })

const postReversal: Routes = (api, context) => {
  api.post(path, {
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
        return { ...queued(accepted), wake: () => context.queues.wake('reversal', [accepted.jobId]) }
      }),
  })
}

const removeReversal: Routes = (api, context) => {
  deleteRoute(api, context, {
    ...CREDIT_CHANGE,
    path,
    operationId: 'cancelReversal',
    summary: 'Cancel a reversal that no bill run has applied',
    action: 'reversal.cancel',
    script: cancelReversal,
  })
}

export const reversalRoutes: Routes = (api, context) => {
  for (const route of [postReversal, removeReversal]) route(api, context)
}
