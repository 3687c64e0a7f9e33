import { csvOf } from '../csv-page.ts'
import { amountAdvice } from '../parts/amount-advice.ts'
import { type FieldErrors, fieldErrors } from '../parts/form.ts'
import { moneyText } from '../parts/money.ts'
import { invoicePath } from '../parts/paths.ts'
import { type Answer, type PageRoutes, redirect, type Visit } from '../visit.ts'
import { type InvoiceState, invoicePage } from './invoice.ts'

/** One invoice, and disbursing a credit to it. */
export function invoicePages(routes: PageRoutes): void {
  const { get, post } = routes
  get('/invoices/:number', 'read', (visit) => invoicePage(visit))
  get('/invoices/:number/disburse', 'operate', (visit) => invoicePage(visit, { isDisbursing: true }))
  post('/invoices/:number/disburse', 'operate', disburse)
  csvOf(routes, '/invoices/:number/lines', ({ params }) => ({
    list: `v1/invoices/${encodeURIComponent(params.number as string)}/transactions`,
    query: {},
  }))
}

async function disburse(visit: Visit): Promise<Answer> {
  const { client, form, params } = visit
  const { creditId = '', amount: typed = '' } = form
  const amount = typed.trim()
  const { invoiceId, currency, number } = await client.getInvoice(params.number as string)
  const refuse = (errors: FieldErrors) => {
    const state: InvoiceState = { isDisbursing: true, status: 422, form: { values: form, errors } }
    return invoicePage(visit, state)
  }
  const advice = amountAdvice(amount, currency)
  if (advice !== undefined) return refuse({ amount: advice })
  try {
    const { idempotencyKey } = form
    const { credit, invoice, disbursement } = await client.disburse(creditId, { invoiceId, amount }, { idempotencyKey })
    const money = (text: string) => moneyText(text, currency)
    return redirect(invoicePath(number), {
      tone: 'ok',
      strong: `${money(disbursement.amount)} of ${credit.reason} disbursed.`,
      text: `Invoice ${number} owes ${money(invoice.balance)} now; the credit has ${money(credit.amountLeft)} left.`,
    })
  } catch (error) {
    return refuse(fieldErrors(error))
  }
}
