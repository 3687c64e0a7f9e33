import { html, type SafeHtml } from '@remix-run/html-template'
import type { Credit, OneInvoice, Page } from '../../api/types.ts'
import { keepButton } from '../parts/dialog.ts'
import { empty } from '../parts/empty.ts'
import { errorSummary, type FormState, idempotencyField } from '../parts/form.ts'
import { bareMoney, moneyText, smaller } from '../parts/money.ts'
import { creditPath, creditsPath, invoicePath } from '../parts/paths.ts'
import type { Visit } from '../visit.ts'

/** The credits of the account that have something left, each with a form of its own, filled in with what fits. */
export function disburseForms(
  visit: Visit,
  invoice: OneInvoice,
  { data, nextCursor }: Page<Credit>,
  form?: FormState,
): SafeHtml {
  const { accountId, accountName, currency, balance } = invoice
  if (data.length === 0)
    return html`<div class="body">${empty(
      `${accountName} has no issued credit with something left.`,
      visit.may('enqueue')
        ? html`<a href="${creditsPath(accountId)}/new">Add a credit</a>: the next bill run issues it, and then it can be disbursed.`
        : '',
    )}<div class="actions">${keepButton('disburse', 'Close', true)}</div></div>`
  return html`<div class="body">
    <p>It owes <b>${moneyText(balance, currency)}</b>. A disbursement cannot be undone.</p>
    ${form ? errorSummary(form, {}) : ''}
    <table class="stacked choose">
      <thead><tr><th scope="col">Credit</th><th scope="col" class="r">Left <span class="unit">${currency}</span></th><th scope="col" class="r">Disburse</th></tr></thead>
      <tbody>${data.map((credit, index) => creditRow(invoice, credit, { form, isFirst: index === 0 }))}</tbody>
    </table>
    ${nextCursor === null ? '' : html`<p class="hint">The newest ${data.length} are shown. The others are among <a href="${creditsPath(accountId)}?status=issued">its issued credits</a>.</p>`}
    <div class="actions">${keepButton('disburse', 'Close')}</div>
  </div>`
}

function creditRow(
  { number, balance, currency, accountId }: OneInvoice,
  credit: Credit,
  { form, isFirst }: { readonly form: FormState | undefined; readonly isFirst: boolean },
): SafeHtml {
  const { creditId, reason, amountLeft } = credit
  const refused = form?.values.creditId === creditId ? form : undefined
  const id = `credit-${creditId}`
  const error = refused?.errors.amount
  return html`<tr>
    <th scope="row" class="first"><a href="${creditPath(accountId, creditId)}">${reason}</a></th>
    <td class="r first">${bareMoney(amountLeft)}</td>
    <td class="wide"><form class="disburse" method="post" action="${invoicePath(number)}/disburse">
      ${idempotencyField(refused?.values)}<input type="hidden" name="creditId" value="${creditId}" />
      <label class="unseen" for="${id}">Amount in ${currency} of ${reason}</label>
      <input class="amount" id="${id}" name="amount" inputmode="decimal" required autocomplete="off"${isFirst ? html` autofocus` : ''}
        value="${refused?.values.amount ?? smaller(amountLeft, balance, currency)}"${
          error === undefined ? '' : html` aria-invalid="true" aria-describedby="${id}-error"`
        } />
      <button class="button">Disburse<span class="unseen"> of ${reason}</span></button></form>
      ${error === undefined ? '' : html`<p class="error" id="${id}-error">${error}</p>`}</td>
  </tr>`
}
