import { sql } from 'kysely'
import { Type } from 'typebox'
import { createAccount } from '../../ledger/accounts/create-account.ts'
import { Refusal } from '../../problems.ts'
import { AccountId, BillGroup, Currency, Name } from '../../requests/formats.ts'
import type { Routes } from '../context.ts'
import { EXAMPLES } from '../examples.ts'
import { handleWrite } from '../handle-write.ts'
import { keyset } from '../keyset.ts'
import { limitOf, numberCursor, PageOf, PageQuery, pageOf } from '../paging.ts'
import { problems, withIdempotencyKey } from '../view-responses.ts'
import { AccountView, presentAccount, readAccounts } from '../views/account-view.ts'

const NewAccount = Type.Object(
  {
    accountId: AccountId,
    name: Name,
    currency: Currency,
    billGroup: Type.Optional(BillGroup),
    paymentTermsDays: Type.Optional(Type.Integer({ minimum: 0, maximum: 3_650, description: '30 by default' })),
  },
  { additionalProperties: false, examples: [EXAMPLES.newAccount] },
)

export const accountRoutes: Routes = (api, context) => {
  const { reads } = context

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
        const { accountId, name, currency, billGroup = 'default', paymentTermsDays = 30 } = request.body
        const created = await createAccount(tx, { accountId, name, currency, billGroup, paymentTermsDays })
        const body = (await readAccounts(tx, sql`where key = ${accountId}`)).map(presentAccount)[0] as AccountView
        const location = `/v1/accounts/${accountId}`
        return created
          ? { status: 201, body, location, audit: { action: 'account.create', subject: accountId } }
          : { status: 200, body, location }
      }),
  })

  api.get('/v1/accounts', {
    config: { scope: 'read' },
    schema: {
      operationId: 'listAccounts',
      summary: 'List accounts, oldest first',
      tags: ['accounts'],
      querystring: Type.Object({ ...PageQuery, billGroup: Type.Optional(BillGroup) }, { additionalProperties: false }),
      response: { 200: PageOf(AccountView), ...problems(400) },
    },
    handler: async ({ query }) => {
      const limit = limitOf(query)
      const after = numberCursor(query.cursor)
      const { where, orderBy } = keyset({
        lead: query.billGroup === undefined ? undefined : { column: sql`bill_group`, value: sql`${query.billGroup}` },
        order: [sql`id`],
        direction: 'asc',
        after: after === undefined ? undefined : [sql`${after}::bigint`],
      })
      const rows = await readAccounts(reads, sql`where ${where} order by ${orderBy} limit ${limit + 1}`)
      return pageOf(rows, limit, ({ id }) => id, presentAccount)
    },
  })

  api.get('/v1/accounts/:accountId', {
    config: { scope: 'read' },
    schema: {
      operationId: 'getAccount',
      summary: 'One account, with what it owes and what its credits have left',
      tags: ['accounts'],
      params: Type.Object({ accountId: AccountId }),
      response: { 200: AccountView, ...problems(404) },
    },
    handler: async ({ params }) => {
      const [row] = await readAccounts(reads, sql`where key = ${params.accountId}`)
      if (!row) throw new Refusal('account_not_found', `there is no account ${params.accountId}`)
      return presentAccount(row)
    },
  })
}
