import { Type } from 'typebox'
import { listInvoiceTransactions } from '../../reads/invoice-transactions.ts'
import { Uuid } from '../../requests/formats.ts'
import type { Routes } from '../context.ts'
import { listRoute } from '../list-route.ts'
import { answerPage } from '../paging.ts'
import { TRANSACTIONS, TransactionView } from '../views/transaction-view.ts'

export const invoiceTransactionRoutes: Routes = (api, { reads }) => {
  listRoute(api, {
    path: '/v1/invoices/:invoiceId/transactions',
    params: Type.Object({ invoiceId: Uuid }),
    scope: 'read',
    operationId: 'listInvoiceTransactions',
    summary: 'The lines of an invoice, in their order',
    tag: 'invoices',
    item: TransactionView,
    refusals: [404],
    answer: ({ params: { invoiceId }, query }) =>
      answerPage(query, TRANSACTIONS, (page) => listInvoiceTransactions(reads, { ...page, invoiceId })),
  })
}
