import { sql } from 'kysely'
import { Type } from 'typebox'
import { disburseCredit } from '../../ledger/credits/disburse-credit.ts'
import { findCredit } from '../../ledger/credits/find-credit.ts'
import { readInvoices } from '../../reads/invoices.ts'
import { Amount, Uuid } from '../../requests/formats.ts'
import type { Routes } from '../context.ts'
import { ANSWERS } from '../example-answers.ts'
import { EXAMPLES } from '../examples.ts'
import { handleWrite } from '../handle-write.ts'
import { limitOf, numberCursor, PageOf, PageQuery, pageOf, uuidCursor } from '../paging.ts'
import { problems, withIdempotencyKey } from '../view-responses.ts'
import { CreditView, presentCredit, readCredits } from '../views/credit-view.ts'
import { DisbursementView, presentDisbursement, readDisbursements } from '../views/disbursement-view.ts'
import { InvoiceView, invoicePage, presentInvoice } from '../views/invoice-view.ts'

const NewDisbursement = Type.Object(
  {
    invoiceId: Uuid,
    amount: Amount,
    confirm: Type.Optional(
      Type.Boolean({
        description:
          'Whether it is meant even if the same amount of the credit went to the invoice within the last minute. True by default with an ' +
          'Idempotency-Key, which tells a repeat from a second request, and false without one',
      }),
    ),
  },
  { additionalProperties: false, examples: [EXAMPLES.disbursement] },
)
const Disbursed = Type.Object(
  { disbursement: DisbursementView, credit: CreditView, invoice: InvoiceView },
  { description: 'What was disbursed, and what it left', examples: [ANSWERS.disbursed] },
)

export const disbursementRoutes: Routes = (api, context) => {
  const { reads } = context
  const params = Type.Object({ creditId: Uuid })
  const querystring = Type.Object(PageQuery, { additionalProperties: false })

  api.get('/v1/credits/:creditId/unpaid-invoices', {
    config: { scope: 'read' },
    schema: {
      operationId: 'listUnpaidInvoices',
      summary: "The unpaid invoices of the credit's account, oldest due first",
      tags: ['disbursements'],
      params,
      querystring,
      response: { 200: PageOf(InvoiceView), ...problems(404) },
    },
    handler: async ({ params: { creditId }, query }) => {
      const credit = await findCredit(reads, creditId)
      // The cursor is the last invoice's number: its due date says where it stands in the order.
      const after = numberCursor(query.cursor)
      const later =
        after === undefined
          ? sql`true`
          : sql`(due_on, number) > (select due_on, number from invoice where number = ${after}::bigint)`
      const which = sql`where account_id = ${credit.account_id} and balance > 0 and ${later} order by due_on, number`
      return invoicePage(reads, which, limitOf(query))
    },
  })

  api.get('/v1/credits/:creditId/disbursements', {
    config: { scope: 'read' },
    schema: {
      operationId: 'listDisbursements',
      summary: 'What was disbursed of the credit, oldest first',
      tags: ['disbursements'],
      params,
      querystring,
      response: { 200: PageOf(DisbursementView), ...problems(404) },
    },
    handler: async ({ params: { creditId }, query }) => {
      const limit = limitOf(query)
      await findCredit(reads, creditId)
      const after = uuidCursor(query.cursor)
      const later = after === undefined ? sql`true` : sql`d.id > ${after}::uuid`
      const rows = await readDisbursements(
        reads,
        sql`where d.credit_id = ${creditId}::uuid and ${later} order by d.id limit ${limit + 1}`,
      )
      return pageOf(rows, limit, ({ id }) => id, presentDisbursement)
    },
  })

  api.post('/v1/credits/:creditId/disbursements', {
    config: { scope: 'operate' },
    schema: {
      operationId: 'disburse',
      summary: 'Disburse some of an issued credit to an unpaid invoice of the same account',
      tags: ['disbursements'],
      params,
      headers: withIdempotencyKey,
      body: NewDisbursement,
      response: { 201: Disbursed, ...problems(404, 409, 422) },
    },
    handler: (request, reply) =>
      handleWrite(context, request, reply, async (tx) => {
        const { creditId } = request.params
        const { invoiceId, amount, confirm = request.headers['idempotency-key'] !== undefined } = request.body
        const id = await disburseCredit(tx, creditId, invoiceId, amount, { refuseRepeat: !confirm })
        const [disbursement] = await readDisbursements(tx, sql`where d.id = ${id}::uuid`)
        const [credit] = await readCredits(tx, sql`where credit.id = ${creditId}::uuid`)
        const [invoice] = await readInvoices(tx, sql`where invoice.id = ${invoiceId}::uuid`)
        if (!disbursement || !credit || !invoice)
          throw new Error(`disbursement ${id} is not there after it was written`)
        return {
          status: 201,
          body: {
            disbursement: presentDisbursement(disbursement),
            credit: presentCredit(credit),
            invoice: presentInvoice(invoice),
          },
          audit: {
            action: 'credit.disburse',
            subject: creditId,
            detail: `disbursement ${id} of ${amount} to invoice ${invoiceId}`,
          },
        }
      }),
  })
}
