import { Type } from 'typebox'
import { writeAudit } from '../../ledger/audit/write-audit.ts'
import { disburseCredit } from '../../ledger/credits/disburse-credit.ts'
import { findCredit } from '../../ledger/credits/find-credit.ts'
import { listDisbursements, readDisbursement } from '../../reads/disbursements.ts'
import { listUnpaidInvoices, readInvoice } from '../../reads/invoices.ts'
import { Amount, Uuid } from '../../requests/formats.ts'
import type { Routes } from '../context.ts'
import { ANSWERS } from '../example-answers.ts'
import { EXAMPLES } from '../examples.ts'
import { handleWrite } from '../handle-write.ts'
import { listRoute } from '../list-route.ts'
import { answerPage } from '../paging.ts'
import { problems, withIdempotencyKey } from '../view-responses.ts'
import { CreditView } from '../views/credit-view.ts'
import { DISBURSEMENTS, DisbursementView, presentDisbursement } from '../views/disbursement-view.ts'
import { INVOICES, InvoiceView, presentInvoice } from '../views/invoice-view.ts'
import { showCredit } from './credits.ts'

export const NewDisbursement = Type.Object(
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
export const Disbursed = Type.Object(
  { disbursement: DisbursementView, credit: CreditView, invoice: InvoiceView },
  { description: 'What was disbursed, and what it left', examples: [ANSWERS.disbursed] },
)
const params = Type.Object({ creditId: Uuid })

/** A list of what belongs to a credit. */
const LIST = { params, scope: 'read', tag: 'disbursements', refusals: [404] } as const

const getUnpaidInvoices: Routes = (api, { reads }) => {
  listRoute(api, {
    ...LIST,
    path: '/v1/credits/:creditId/unpaid-invoices',
    operationId: 'listUnpaidInvoices',
    summary: "The unpaid invoices of the credit's account, oldest due first",
    item: InvoiceView,
    answer: async ({ params: { creditId }, query }) => {
      const { account_id: accountId } = await findCredit(reads, creditId)
      return answerPage(query, INVOICES, (page) => listUnpaidInvoices(reads, { ...page, accountId }))
    },
  })
}

const getDisbursements: Routes = (api, { reads }) => {
  listRoute(api, {
    ...LIST,
    path: '/v1/credits/:creditId/disbursements',
    operationId: 'listDisbursements',
    summary: 'What was disbursed of the credit, oldest first',
    item: DisbursementView,
    answer: async ({ params: { creditId }, query }) => {
      await findCredit(reads, creditId)
      return answerPage(query, DISBURSEMENTS, (page) => listDisbursements(reads, { ...page, creditId }))
    },
  })
}

const postDisbursement: Routes = (api, context) => {
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
      handleWrite(context, request, reply, async (tx, actor) => {
        const { creditId } = request.params
        const { invoiceId, amount, confirm = request.headers['idempotency-key'] !== undefined } = request.body
        const id = await disburseCredit(tx, creditId, invoiceId, amount, { refuseRepeat: !confirm })
        const detail = `disbursement ${id} of ${amount} to invoice ${invoiceId}`
        // Before it is read, so that the answer says whose key made it.
        await writeAudit(tx, { source: 'http', ...actor }, { action: 'credit.disburse', subject: creditId, detail })
        const body = {
          disbursement: presentDisbursement(await readDisbursement(tx, id)),
          credit: await showCredit(tx, creditId),
          invoice: presentInvoice(await readInvoice(tx, invoiceId)),
        }
        return { status: 201, body }
      }),
  })
}

export const disbursementRoutes: Routes = (api, context) => {
  for (const route of [getUnpaidInvoices, getDisbursements, postDisbursement]) route(api, context)
}
