import { listBillGroups } from '../../reads/bill-groups.ts'
import type { Routes } from '../context.ts'
import { listRoute } from '../list-route.ts'
import { answerPage } from '../paging.ts'
import { BILL_GROUPS, BillGroupView } from '../views/bill-group-view.ts'

export const billGroupRoutes: Routes = (api, { reads }) => {
  listRoute(api, {
    path: '/v1/bill-groups',
    scope: 'read',
    operationId: 'listBillGroups',
    summary: 'List the bill groups that have accounts, by name',
    tag: 'accounts',
    item: BillGroupView,
    answer: ({ query }) => answerPage(query, BILL_GROUPS, (page) => listBillGroups(reads, page)),
  })
}
