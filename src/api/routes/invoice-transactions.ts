import { sql } from 'kysely'
import { Type } from 'typebox'
import { Refusal } from '../../problems.ts'
import { readTransactions } from '../../reads/transactions.ts'
import { Uuid } from '../../requests/formats.ts'
import type { Routes } from '../context.ts'
import { limitOf, PageOf, PageQuery, pageOf, transactionCursor } from '../paging.ts'
import { problems } from '../view-responses.ts'
import { presentTransaction, TransactionView } from '../views/transaction-view.ts'

export const invoiceTransactionRoutes: Routes = (api, { reads }) => {
  api.get('/v1/invoices/:invoiceId/transactions', {
    config: { scope: 'read' },
    schema: {
      operationId: 'listInvoiceTransactions',
      summary: 'The lines of an invoice, in their order',
      tags: ['invoices'],
      params: Type.Object({ invoiceId: Uuid }),
      querystring: Type.Object(PageQuery, { additionalProperties: false }),
      response: { 200: PageOf(TransactionView), ...problems(404) },
    },
    handler: async ({ params: { invoiceId }, query }) => {
      const limit = limitOf(query)
      const after = transactionCursor(query.cursor)
      const { rows } = await sql<{ currency: string }>`
        select currency from invoice join account on account.id = account_id
        where invoice.id = ${invoiceId}::uuid`.execute(reads)
      if (!rows[0]) throw new Refusal('invoice_not_found', `there is no invoice ${invoiceId}`)
      const { currency } = rows[0]
      const lines = await readTransactions(reads, invoiceId, limit + 1, after)
      return pageOf(
        lines,
        limit,
        ({ type, place, source_id }) => `${type}/${place}/${source_id}`,
        (line) => presentTransaction(line, currency),
      )
    },
  })
}
