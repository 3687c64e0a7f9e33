import { listReconciliations } from '../../reads/reconciliations.ts'
import type { Routes } from '../context.ts'
import { listRoute } from '../list-route.ts'
import { answerPage } from '../paging.ts'
import { RECONCILIATIONS, ReconciliationView } from '../views/reconciliation-view.ts'

export const reconciliationRoutes: Routes = (api, { reads }) => {
  listRoute(api, {
    path: '/v1/reconciliations',
    scope: 'read',
    operationId: 'listReconciliations',
    summary: 'List the reconciliations, the last first',
    description: 'Each proves the rules of the ledger: over the whole database once a day, by schedule or by command.',
    tag: 'operations',
    item: ReconciliationView,
    answer: ({ query }) => answerPage(query, RECONCILIATIONS, (page) => listReconciliations(reads, page)),
  })
}
