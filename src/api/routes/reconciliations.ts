import { listReconciliations, type ReconciliationRow } from '../../reads/reconciliations.ts'
import type { Routes } from '../context.ts'
import { answerPage, PageOf, PlainPageQuery } from '../paging.ts'
import { NUMBER_PLACE } from '../places.ts'
import { problems } from '../view-responses.ts'
import { presentReconciliation, ReconciliationView } from '../views/reconciliation-view.ts'

export const reconciliationRoutes: Routes = (api, { reads }) => {
  api.get('/v1/reconciliations', {
    config: { scope: 'read' },
    schema: {
      operationId: 'listReconciliations',
      summary: 'List the reconciliations, the last first',
      description:
        'Each proves the rules of the ledger: over the whole database once a day, by schedule or by command.',
      tags: ['operations'],
      querystring: PlainPageQuery,
      response: { 200: PageOf(ReconciliationView), ...problems() },
    },
    handler: ({ query }) => {
      const list = { present: presentReconciliation, format: NUMBER_PLACE, placeOf: ({ id }: ReconciliationRow) => id }
      return answerPage(query, list, (page) => listReconciliations(reads, page))
    },
  })
}
