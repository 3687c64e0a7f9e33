import { Type } from 'typebox'
import { accountNotFound, findAccounts } from '../../ledger/accounts/find-accounts.ts'
import { listCharges } from '../../reads/charges.ts'
import { AccountParams, keyOf } from '../account-param.ts'
import type { Routes } from '../context.ts'
import { listRoute } from '../list-route.ts'
import { answerPage, pageQuery } from '../paging.ts'
import { CHARGES, ChargeStatusName, ListedChargeView } from '../views/charge-view.ts'

export const ChargeQuery = pageQuery({ status: Type.Optional(ChargeStatusName) })

export const accountChargeRoutes: Routes = (api, { reads }) => {
  listRoute(api, {
    path: '/v1/accounts/:accountId/charges',
    scope: 'read',
    operationId: 'listCharges',
    summary: 'List the charges of an account: those that are pending, then those of each invoice, newest first',
    tag: 'charges',
    item: ListedChargeView,
    query: ChargeQuery,
    params: AccountParams,
    refusals: [404],
    answer: ({ query, params }) =>
      answerPage(query, CHARGES, async (page) => {
        const accountId = keyOf(params)
        const account = (await findAccounts(reads, [accountId])).get(accountId)
        if (!account) throw accountNotFound(accountId)
        return listCharges(reads, { ...page, account, status: query.status })
      }),
  })
}
