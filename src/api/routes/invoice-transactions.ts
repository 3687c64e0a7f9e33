import { Type } from 'typebox'
import { listInvoiceTransactions } from '../../reads/invoice-transactions.ts'
import { Uuid } from '../../requests/formats.ts'
import type { Routes } from '../context.ts'
import { answerPage, PageOf, PlainPageQuery } from '../paging.ts'
import { problems } from '../view-responses.ts'
import { TRANSACTIONS, TransactionView } from '../views/transaction-view.ts'

export const invoiceTransactionRoutes: Routes = (api, { reads }) => {
  api.get('/v1/invoices/:invoiceId/transactions', {
    config: { scope: 'read' },
    schema: {
      operationId: 'listInvoiceTransactions',
      summary: 'The lines of an invoice, in their order',
      tags: ['invoices'],
      params: Type.Object({ invoiceId: Uuid }),
      querystring: PlainPageQuery,
      response: { 200: PageOf(TransactionView), ...problems(404) },
    },
    handler: ({ params: { invoiceId }, query }) =>
      answerPage(query, TRANSACTIONS, (page) => listInvoiceTransactions(reads, { ...page, invoiceId })),
  })
}
