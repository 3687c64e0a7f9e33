import { listInvoiceTransactions } from '../../reads/invoice-transactions.ts'
import type { Routes } from '../context.ts'
import { listRoute } from '../list-route.ts'
import { answerPage } from '../paging.ts'
import { TRANSACTIONS, TransactionView } from '../views/transaction-view.ts'
import { INVOICE_PARAMS } from './invoices.ts'

export const invoiceTransactionRoutes: Routes = (api, { reads }) => {
  listRoute(api, {
    path: '/v1/invoices/:invoiceId/transactions',
    params: INVOICE_PARAMS,
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
