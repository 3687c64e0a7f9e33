import { html, type SafeHtml } from '@remix-run/html-template'
import type { AccountOverview, Credit } from '../../api/types.ts'
import { keepButton } from '../parts/dialog.ts'
import { EMPTY_FORM, errorSummary, type FormState, field, idempotencyField, tickBox } from '../parts/form.ts'
import { isZero, less, moneyText } from '../parts/money.ts'
import { creditPath, creditsPath } from '../parts/paths.ts'

const LABELS = { amount: 'Amount', reason: 'Reason', note: 'Note', reference: 'Reference' } as const

/** The form that adds a credit. */
export function creditForm({ accountId, currency }: AccountOverview, sent: FormState): SafeHtml {
  const form = { ...sent, id: 'add' }
  const wasSent = Object.keys(form.values).length > 0
  return html`<form method="post" action="${creditsPath(accountId)}/new" novalidate>
    ${errorSummary(form, LABELS)}
    <p class="hint">A red edge marks what is required.</p>
    ${idempotencyField(form.values)}
    ${field(form, { name: 'amount', label: `Amount in ${currency}`, type: 'amount', required: true })}
    ${field(form, { name: 'reason', label: LABELS.reason, hint: 'Stands on the invoice', required: true, maxLength: 500 })}
    ${field(form, { name: 'note', label: LABELS.note, hint: 'For yourselves', type: 'area', maxLength: 2_000 })}
    ${tickBox(form, {
      name: 'automatic',
      label: 'Disburse automatically',
      hint: 'The bill run applies it to the oldest unpaid invoices. Leave it off to disburse by hand.',
      checked: wasSent ? form.values.automatic === 'on' : true,
    })}
    <div class="actions">${keepButton('add-credit', 'Cancel')}<button class="button primary">Add credit</button></div>
  </form>`
}

/** Asks before a credit is deleted. */
export function deleteForm(
  { accountId, name }: AccountOverview,
  { creditId, amount, currency }: Credit,
  sent = EMPTY_FORM,
): SafeHtml {
  const form = { ...sent, id: 'delete' }
  const money = moneyText(amount, currency)
  return html`<form method="post" action="${creditPath(accountId, creditId)}/delete">
    ${errorSummary(form, {})}
    <p>It was never issued, so no invoice of ${name} changes. It cannot be brought back: to undo this, add a credit of <b>${money}</b> again.</p>
    ${field(form, { name: 'reason', label: 'Reason (optional)', hint: 'For the activity of this credit', maxLength: 500 })}
    <div class="actions">${keepButton('delete-credit', 'Keep the credit', true)}<button class="button danger">Delete ${money}</button></div>
  </form>`
}

/** Asks before a credit is reversed, with what that does in this very case. */
export function reverseForm({ accountId, name }: AccountOverview, credit: Credit, sent = EMPTY_FORM): SafeHtml {
  const form = { ...sent, id: 'reverse' }
  const { creditId, amount, currency, invoiceNumber } = credit
  const money = moneyText(amount, currency)
  return html`<form method="post" action="${creditPath(accountId, creditId)}/reverse">
    ${errorSummary(form, {})}
    <div><p>The next bill run puts a <b>Reversed Credit of ${money}</b> on ${name}’s new invoice and raises its balance by that amount.
      ${invoiceNumber === null ? '' : `Invoice ${invoiceNumber} stays as it is.`} Until then you can cancel the reversal.</p>
      <p class="hint">${caseOf(name, credit)}</p></div>
    ${idempotencyField(form.values)}
    ${field(form, { name: 'reason', label: 'Reason (optional)', maxLength: 500 })}
    <div class="actions">${keepButton('reverse-credit', 'Keep the credit', true)}<button class="button danger">Reverse ${money}</button></div>
  </form>`
}

/** What the reversal comes to, by how much of the credit is disbursed (docs/domain.md, Reversing a credit). */
function caseOf(name: string, { amount, amountLeft, currency }: Credit): string {
  const left = moneyText(amountLeft, currency)
  const disbursed = less(amount, amountLeft, currency)
  if (isZero(disbursed))
    return `Of this credit ${left} is not disbursed: it closes against the reversal, so ${name} will owe what it would owe had the credit never been given.`
  if (isZero(amountLeft))
    return `All of it is disbursed and stays where it is, so ${name} will owe ${moneyText(amount, currency)} more than now.`
  return `${moneyText(disbursed, currency)} of it is disbursed and stays where it is. The ${left} that is left closes against the reversal, so ${name} will owe ${moneyText(disbursed, currency)} more than now.`
}
