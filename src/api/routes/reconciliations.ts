import { Type } from 'typebox'
import { requestReconciliation } from '../../ledger/reconcile/request-reconciliation.ts'
import { listReconciliations, readReconciliation, readReconciliationRequest } from '../../reads/reconciliations.ts'
import { Uuid } from '../../requests/formats.ts'
import type { Routes } from '../context.ts'
import { handleWrite } from '../handle-write.ts'
import { listRoute } from '../list-route.ts'
import { answerPage } from '../paging.ts'
import { ReasonBody } from '../reason.ts'
import { problems, withIdempotencyKey } from '../view-responses.ts'
import {
  presentReconciliation,
  presentReconciliationRequest,
  RECONCILIATIONS,
  ReconciliationRequestView,
  ReconciliationView,
} from '../views/reconciliation-view.ts'

const postReconciliation: Routes = (api, context) => {
  api.post('/v1/reconciliations', {
    config: { scope: 'operate', bodyOptional: true },
    schema: {
      operationId: 'requestReconciliation',
      summary: 'Reconcile the whole database now',
      description:
        'The relay does it as soon as it can. While one that was asked for is not done, whoever asks is given the same one.',
      tags: ['operations'],
      headers: withIdempotencyKey,
      body: ReasonBody,
      response: { 202: ReconciliationRequestView, ...problems() },
    },
    handler: (request, reply) =>
      handleWrite(context, request, reply, async (tx) => {
        const id = await requestReconciliation(tx)
        return {
          status: 202,
          body: presentReconciliationRequest(await readReconciliationRequest(tx, id)),
          location: `/v1/reconciliation-requests/${id}`,
          audit: { action: 'reconciliation.request', subject: id, reason: request.body?.reason },
        }
      }),
  })
}

const getReconciliationRequest: Routes = (api, { reads }) => {
  api.get('/v1/reconciliation-requests/:reconciliationRequestId', {
    config: { scope: 'read' },
    schema: {
      operationId: 'getReconciliationRequest',
      summary: 'How far a reconciliation is that somebody asked for',
      tags: ['operations'],
      params: Type.Object({ reconciliationRequestId: Uuid }),
      response: { 200: ReconciliationRequestView, ...problems(404) },
    },
    handler: async ({ params }) =>
      presentReconciliationRequest(await readReconciliationRequest(reads, params.reconciliationRequestId)),
  })
}

const getReconciliations: Routes = (api, { reads }) => {
  listRoute(api, {
    path: '/v1/reconciliations',
    scope: 'read',
    operationId: 'listReconciliations',
    summary: 'List the reconciliations, the last first',
    description:
      'Each proves the rules of the ledger: over the whole database once a day, by schedule or when somebody asks.',
    tag: 'operations',
    item: ReconciliationView,
    answer: ({ query }) => answerPage(query, RECONCILIATIONS, (page) => listReconciliations(reads, page)),
  })
}

const getReconciliation: Routes = (api, { reads }) => {
  api.get('/v1/reconciliations/:reconciliationId', {
    config: { scope: 'read' },
    schema: {
      operationId: 'getReconciliation',
      summary: 'One reconciliation, with each of its rules',
      tags: ['operations'],
      params: Type.Object({ reconciliationId: Type.String({ pattern: '^[1-9][0-9]{0,14}$' }) }),
      response: { 200: ReconciliationView, ...problems(404) },
    },
    handler: async ({ params }) =>
      presentReconciliation(await readReconciliation(reads, Number(params.reconciliationId))),
  })
}

export const reconciliationRoutes: Routes = (api, context) => {
  for (const route of [postReconciliation, getReconciliationRequest, getReconciliations, getReconciliation])
    route(api, context)
}
