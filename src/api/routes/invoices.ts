import { sql } from 'kysely'
import { Type } from 'typebox'
import { accountIdOf } from '../../ledger/accounts/find-accounts.ts'
import { Refusal } from '../../problems.ts'
import { readInvoices } from '../../reads/invoices.ts'
import { AccountId, Uuid } from '../../requests/formats.ts'
import type { Routes } from '../context.ts'
import { keyset } from '../keyset.ts'
import { limitOf, numberCursor, PageOf, PageQuery } from '../paging.ts'
import { problems } from '../view-responses.ts'
import { InvoiceStatusName, InvoiceView, invoicePage, presentInvoice } from '../views/invoice-view.ts'

export const invoiceRoutes: Routes = (api, context) => {
  const { reads } = context

  api.get('/v1/invoices', {
    config: { scope: 'read' },
    schema: {
      operationId: 'listInvoices',
      summary: 'List invoices, newest first',
      tags: ['invoices'],
      querystring: Type.Object(
        {
          ...PageQuery,
          accountId: Type.Optional(AccountId),
          status: Type.Optional(InvoiceStatusName),
          billRunId: Type.Optional(Uuid),
          number: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,14}$', description: 'An invoice number' })),
        },
        { additionalProperties: false },
      ),
      response: { 200: PageOf(InvoiceView), ...problems(404) },
    },
    handler: async ({ query }) => {
      const before = numberCursor(query.cursor)
      const account = query.accountId === undefined ? undefined : await accountIdOf(reads, query.accountId)
      const run = query.billRunId === undefined ? undefined : sql`${query.billRunId}::uuid`
      const { where, orderBy } = keyset({
        lead:
          account !== undefined
            ? { column: sql`invoice.account_id`, value: sql`${account}::bigint` }
            : run && { column: sql`bill_run_id`, value: run },
        order: [sql`number`],
        direction: 'desc',
        after: before === undefined ? undefined : [sql`${before}::bigint`],
      })
      const conditions = [
        where,
        query.status === undefined ? sql`true` : query.status === 'paid' ? sql`balance = 0` : sql`balance > 0`,
        account !== undefined && run ? sql`bill_run_id = ${run}` : sql`true`,
        query.number === undefined ? sql`true` : sql`number = ${query.number}::bigint`,
      ]
      return invoicePage(reads, sql`where ${sql.join(conditions, sql` and `)} order by ${orderBy}`, limitOf(query))
    },
  })

  api.get('/v1/invoices/:invoiceId', {
    config: { scope: 'read' },
    schema: {
      operationId: 'getInvoice',
      summary: 'One invoice, with its transactions and the disbursements to it',
      tags: ['invoices'],
      params: Type.Object({ invoiceId: Uuid }),
      response: { 200: InvoiceView, ...problems(404) },
    },
    handler: async ({ params: { invoiceId } }) => {
      const [invoice] = await readInvoices(reads, sql`where invoice.id = ${invoiceId}::uuid`)
      if (!invoice) throw new Refusal('invoice_not_found', `there is no invoice ${invoiceId}`)
      return presentInvoice(invoice)
    },
  })
}
