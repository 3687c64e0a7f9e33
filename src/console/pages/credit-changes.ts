import type { Job } from '../../api/types.ts'
import { isApiError } from '../../client/api-error.ts'
import { formatAmount } from '../../money.ts'
import { csvOf } from '../csv-page.ts'
import { amountAdvice } from '../parts/amount-advice.ts'
import { type FieldErrors, fieldErrors } from '../parts/form.ts'
import { moneyText } from '../parts/money.ts'
import { creditPath, creditsPath, keyOfSegment } from '../parts/paths.ts'
import { type Answer, type Notice, type PageHandler, type PageRoutes, redirect, type Visit } from '../visit.ts'
import { type CreditsState, creditQueryOf, creditsPage } from './credits.ts'
import { errorPage } from './error.ts'

/** How long a page waits for what it asked to be carried out, in ms. It takes some 10 ms; after this it says that it is accepted. */
const PATIENCE_MS = 2_000

/** The credits screen of an account, and what can be done on it. */
export function creditPages(routes: PageRoutes): void {
  const shows =
    (state: CreditsState): PageHandler =>
    (visit) =>
      creditsPage(visit, state)
  routes.get('/accounts/:key/credits', 'read', shows({}))
  csvOf(routes, '/accounts/:key/credits', (visit) => ({ list: 'v1/credits', query: creditQueryOf(visit) }))
  routes.get('/accounts/:key/credits/new', 'enqueue', shows({ dialog: 'new' }))
  routes.get('/accounts/:key/credits/:creditId', 'read', ofAccount(shows({})))
  routes.get('/accounts/:key/credits/:creditId/delete', 'operate', ofAccount(shows({ dialog: 'delete' })))
  routes.get('/accounts/:key/credits/:creditId/reverse', 'enqueue', ofAccount(shows({ dialog: 'reverse' })))
  routes.post('/accounts/:key/credits/new', 'enqueue', addCredit)
  routes.post('/accounts/:key/credits/:creditId/delete', 'operate', ofAccount(deleteCredit))
  routes.post('/accounts/:key/credits/:creditId/reverse', 'enqueue', ofAccount(reverseCredit))
  routes.post('/accounts/:key/credits/:creditId/cancel-reversal', 'operate', ofAccount(cancelReversal))
  routes.post('/accounts/:key/credits/:creditId/disburse', 'operate', ofAccount(disburse))
}

/** Sees to it that the address names a credit of the account that it names: nothing of a customer stands under another's name. */
const ofAccount =
  (handler: PageHandler): PageHandler =>
  async (visit) => {
    const { accountId, creditId } = placeOf(visit)
    const credit = await visit.client.getCredit(creditId)
    if (credit.accountId === accountId) return handler(visit)
    const detail = `${creditId} is not a credit of ${accountId}`
    return errorPage(visit, { status: 404, code: 'credit_not_found', title: 'There is no such credit here', detail })
  }

const placeOf = ({ params }: Visit) => {
  const accountId = keyOfSegment(params.key as string)
  const creditId = params.creditId ?? ''
  return { accountId, creditId, path: creditPath(accountId, creditId) }
}

async function addCredit(visit: Visit): Promise<Answer> {
  const { client, form } = visit
  const { accountId } = placeOf(visit)
  const { name, currency } = await client.getAccount(accountId)
  const amount = (form.amount ?? '').trim()
  const refuse = (errors: FieldErrors) =>
    creditsPage(visit, { dialog: 'new', status: 422, form: { values: form, errors } })
  const missing = missingFields({ amount, reason: form.reason ?? '' }, currency)
  if (Object.keys(missing).length > 0) return refuse(missing)
  try {
    const { jobId, creditId } = await client.postCredit(
      {
        accountId,
        amount,
        reason: form.reason ?? '',
        note: form.note?.trim() === '' ? undefined : form.note,
        automaticDisbursement: form.automatic === 'on',
      },
      { idempotencyKey: form.idempotencyKey },
    )
    const job = await settled(visit, jobId)
    if (job?.status === 'failed') return refuse({ '': job.error?.message ?? 'The credit was refused.' })
    const strong = `${moneyText(formatAmount(amount, currency), currency)} added for ${name}.`
    return job === undefined
      ? redirect(creditsPath(accountId), {
          tone: 'ok',
          strong,
          text: 'It is accepted and will be recorded in a moment.',
        })
      : redirect(creditPath(accountId, creditId), {
          tone: 'ok',
          strong,
          text: 'It is pending until the next bill run issues it.',
        })
  } catch (error) {
    return refuse(fieldErrors(error))
  }
}

/** What the form says before the API is asked: what is missing, and how to write an amount. */
function missingFields(
  { amount, reason }: { readonly amount: string; readonly reason: string },
  currency: string,
): FieldErrors {
  const advice = amountAdvice(amount, currency)
  return {
    ...(advice === undefined ? {} : { amount: advice }),
    ...(reason.trim() === '' ? { reason: 'Say what the credit is for' } : {}),
  }
}

async function deleteCredit(visit: Visit): Promise<Answer> {
  const { client, form } = visit
  const { accountId, creditId, path } = placeOf(visit)
  try {
    await client.deleteCredit(creditId, reasonOf(visit))
    const { amount, currency } = await client.getCredit(creditId)
    return redirect(creditsPath(accountId), {
      tone: 'ok',
      strong: `${moneyText(amount, currency)} deleted.`,
      text: 'No invoice changed.',
    })
  } catch (error) {
    if (isApiError(error) && error.code === 'credit_already_issued') return redirect(path, await issuedMeanwhile(visit))
    return creditsPage(visit, { dialog: 'delete', status: 422, form: { values: form, errors: fieldErrors(error) } })
  }
}

/** What to say to a click that came too late: what happened meanwhile, and what works now. */
async function issuedMeanwhile({ client, params }: Visit): Promise<Notice> {
  const { invoiceNumber, status } = await client.getCredit(params.creditId as string)
  return status === 'deleted'
    ? { tone: 'warn', strong: 'It is deleted already.' }
    : {
        tone: 'bad',
        strong: 'It was not deleted.',
        text: `Invoice ${invoiceNumber} has it by now. Reverse it instead.`,
      }
}

async function reverseCredit(visit: Visit): Promise<Answer> {
  const { client, form } = visit
  const { creditId, path } = placeOf(visit)
  const refuse = (errors: FieldErrors) =>
    creditsPage(visit, { dialog: 'reverse', status: 422, form: { values: form, errors } })
  try {
    const { jobId } = await client.requestReversal(creditId, reasonOf(visit), { idempotencyKey: form.idempotencyKey })
    const job = await settled(visit, jobId)
    if (job?.status === 'failed') return refuse({ '': job.error?.message ?? 'The reversal was refused.' })
    const text = 'The next bill run puts it on the new invoice. Until then you can cancel it.'
    return redirect(path, { tone: 'ok', strong: job ? 'The reversal is pending.' : 'The reversal is accepted.', text })
  } catch (error) {
    return refuse(fieldErrors(error))
  }
}

async function cancelReversal(visit: Visit): Promise<Answer> {
  const { path, creditId } = placeOf(visit)
  try {
    await visit.client.cancelReversal(creditId)
    return redirect(path, {
      tone: 'ok',
      strong: 'The reversal is cancelled.',
      text: 'The credit is issued, as it was before.',
    })
  } catch (error) {
    const [text = ''] = Object.values(fieldErrors(error))
    return redirect(path, { tone: 'bad', strong: 'Nothing was cancelled.', text })
  }
}

async function disburse(visit: Visit): Promise<Answer> {
  const { client, form } = visit
  const { creditId, path } = placeOf(visit)
  const amount = (form.amount ?? '').trim()
  const refuse = (errors: FieldErrors) => creditsPage(visit, { status: 422, form: { values: form, errors } })
  try {
    const { currency } = await client.getCredit(creditId)
    const advice = amountAdvice(amount, currency)
    if (advice !== undefined) return refuse({ amount: advice })
    const { credit, invoice, disbursement } = await client.disburse(
      creditId,
      { invoiceId: form.invoiceId ?? '', amount },
      { idempotencyKey: form.idempotencyKey },
    )
    const money = (text: string) => moneyText(text, currency)
    return redirect(path, {
      tone: 'ok',
      strong: `${money(disbursement.amount)} disbursed to invoice ${invoice.number}.`,
      text: `It owes ${money(invoice.balance)} now; this credit has ${money(credit.amountLeft)} left.`,
    })
  } catch (error) {
    return refuse(fieldErrors(error))
  }
}

const reasonOf = ({ form: { reason = '' } }: Visit) => (reason.trim() === '' ? {} : { reason })

/** A request once it is done or has failed; undefined when that takes longer than a person should wait. */
async function settled({ client }: Visit, jobId: string): Promise<Job | undefined> {
  try {
    return await client.waitForJob(jobId, { timeoutMs: PATIENCE_MS })
  } catch (error) {
    if (isApiError(error) && error.code === 'wait_timed_out') return undefined
    throw error
  }
}
