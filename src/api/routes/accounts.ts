import { Type } from 'typebox'
import { createAccount } from '../../ledger/accounts/create-account.ts'
import { readAccountOverview } from '../../reads/account-overview.ts'
import { listAccounts, readAccount } from '../../reads/accounts.ts'
import { MAX_FOUND, searchAccounts } from '../../reads/search-accounts.ts'
import { AccountId, BillGroup, Currency, Name } from '../../requests/formats.ts'
import { AccountParams, keyOf } from '../account-param.ts'
import type { Routes } from '../context.ts'
import { EXAMPLES } from '../examples.ts'
import { handleWrite } from '../handle-write.ts'
import { listRoute } from '../list-route.ts'
import { answerPage, pageQuery } from '../paging.ts'
import { problems, withIdempotencyKey } from '../view-responses.ts'
import {
  ACCOUNTS,
  AccountOverviewView,
  AccountView,
  presentAccount,
  presentAccountOverview,
} from '../views/account-view.ts'

export const NewAccount = Type.Object(
  {
    accountId: AccountId,
    name: Name,
    currency: Currency,
    billGroup: Type.Optional(BillGroup),
    paymentTermsDays: Type.Optional(Type.Integer({ minimum: 0, maximum: 3_650, description: '30 by default' })),
  },
  { additionalProperties: false, examples: [EXAMPLES.newAccount] },
)

export const AccountQuery = pageQuery({
  billGroup: Type.Optional(BillGroup),
  query: Type.Optional({ ...Name, description: 'A key or a name, or a part of one' }),
})

const postAccount: Routes = (api, context) => {
  api.post('/v1/accounts', {
    config: { scope: 'enqueue' },
    schema: {
      operationId: 'createAccount',
      summary: 'Create an account',
      tags: ['accounts'],
      headers: withIdempotencyKey,
      body: NewAccount,
      response: { 200: AccountView, 201: AccountView, ...problems(409, 422) },
    },
    handler: (request, reply) =>
      handleWrite(context, request, reply, async (tx) => {
        const { accountId, billGroup = 'default', paymentTermsDays = 30 } = request.body
        const created = await createAccount(tx, { ...request.body, billGroup, paymentTermsDays })
        const body = presentAccount(await readAccount(tx, accountId))
        const location = `/v1/accounts/${accountId}`
        return created
          ? { status: 201, body, location, audit: { action: 'account.create', subject: accountId } }
          : { status: 200, body, location }
      }),
  })
}

const getAccounts: Routes = (api, { reads }) => {
  listRoute(api, {
    path: '/v1/accounts',
    scope: 'read',
    operationId: 'listAccounts',
    summary: 'List accounts, oldest first, or find them',
    description: `With a query, the accounts that it may mean, the best first: the account with this very key, keys and names that begin with it, names with a word that begins with it, and names that contain it; ${MAX_FOUND} in all at most. Upper and lower case and accents make no difference.`,
    tag: 'accounts',
    item: AccountView,
    query: AccountQuery,
    answer: ({ query: { query, billGroup, ...page } }) =>
      answerPage(page, ACCOUNTS, (page) =>
        query === undefined
          ? listAccounts(reads, { ...page, billGroup })
          : searchAccounts(reads, { ...page, query, billGroup }),
      ),
  })
}

const getAccount: Routes = (api, { reads }) => {
  api.get('/v1/accounts/:accountId', {
    config: { scope: 'read' },
    schema: {
      operationId: 'getAccount',
      summary: 'One account, with what it owes, what its credits have left, and what waits for its next bill run',
      tags: ['accounts'],
      params: AccountParams,
      response: { 200: AccountOverviewView, ...problems(404) },
    },
    handler: async ({ params }) => presentAccountOverview(await readAccountOverview(reads, keyOf(params))),
  })
}

export const accountRoutes: Routes = (api, context) => {
  for (const route of [postAccount, getAccounts, getAccount]) route(api, context)
}
