import { Type } from 'typebox'
import { accountIdOf } from '../../ledger/accounts/find-accounts.ts'
import { listInvoices, readInvoice, readNeighbours } from '../../reads/invoices.ts'
import { AccountId, InvoiceIdOrNumber, Uuid } from '../../requests/formats.ts'
import type { Routes } from '../context.ts'
import { listRoute } from '../list-route.ts'
import { answerPage, pageQuery } from '../paging.ts'
import { problems } from '../view-responses.ts'
import { INVOICES, InvoiceView, OneInvoiceView, presentOneInvoice } from '../views/invoice-view.ts'

/** What names an invoice in a path. */
export const INVOICE_PARAMS = Type.Object({ invoiceId: InvoiceIdOrNumber })

export const InvoiceQuery = pageQuery({
  accountId: Type.Optional(AccountId),
  status: Type.Optional(
    Type.Enum(['unpaid', 'paid', 'overdue'], { description: 'overdue: unpaid, and due before today, in UTC' }),
  ),
  billRunId: Type.Optional(Uuid),
  number: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,14}$', description: 'An invoice number' })),
})

const getInvoices: Routes = (api, { reads }) => {
  listRoute(api, {
    path: '/v1/invoices',
    scope: 'read',
    operationId: 'listInvoices',
    summary: 'List invoices, newest first; overdue ones oldest due first, unless of one bill run',
    tag: 'invoices',
    item: InvoiceView,
    query: InvoiceQuery,
    refusals: [404],
    answer: ({ query }) =>
      answerPage(query, INVOICES, async (page) => {
        const { status, billRunId, number } = query
        const accountId = await accountIdOf(reads, query.accountId)
        return listInvoices(reads, { ...page, accountId, status, billRunId, number })
      }),
  })
}

const getInvoice: Routes = (api, { reads }) => {
  api.get('/v1/invoices/:invoiceId', {
    config: { scope: 'read' },
    schema: {
      operationId: 'getInvoice',
      summary: 'One invoice, with its transactions and the disbursements to it',
      tags: ['invoices'],
      params: INVOICE_PARAMS,
      response: { 200: OneInvoiceView, ...problems(404) },
    },
    handler: async ({ params: { invoiceId } }) => {
      const invoice = await readInvoice(reads, invoiceId)
      return presentOneInvoice(invoice, await readNeighbours(reads, invoice))
    },
  })
}

export const invoiceRoutes: Routes = (api, context) => {
  for (const route of [getInvoices, getInvoice]) route(api, context)
}
