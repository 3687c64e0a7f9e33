import { sql } from 'kysely'
import { Type } from 'typebox'
import { AccountId, Uuid } from '../../jobs/formats.ts'
import { Refusal } from '../../problems.ts'
import type { Routes } from '../context.ts'
import { limitOf, numberCursor, PageOf, PageQuery } from '../paging.ts'
import { problems } from '../view-responses.ts'
import { InvoiceStatusName, InvoiceView, invoicePage, presentInvoice, readInvoices } from '../views/invoice-view.ts'
import { accountIdOf } from './credits.ts'

export const invoiceRoutes: Routes = (api, context) => {
  const { db } = context

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
      const conditions = [
        query.accountId === undefined
          ? sql`true`
          : sql`invoice.account_id = ${await accountIdOf(context, query.accountId)}`,
        query.status === undefined ? sql`true` : query.status === 'paid' ? sql`balance = 0` : sql`balance > 0`,
        query.billRunId === undefined ? sql`true` : sql`bill_run_id = ${query.billRunId}::uuid`,
        query.number === undefined ? sql`true` : sql`number = ${query.number}::bigint`,
        before === undefined ? sql`true` : sql`number < ${before}::bigint`,
      ]
      return invoicePage(db, sql`where ${sql.join(conditions, sql` and `)} order by number desc`, limitOf(query))
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
      const [invoice] = await readInvoices(db, sql`where invoice.id = ${invoiceId}::uuid`)
      if (!invoice) throw new Refusal('invoice_not_found', `there is no invoice ${invoiceId}`)
      return presentInvoice(invoice)
    },
  })
}
