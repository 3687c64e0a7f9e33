import { html, type SafeHtml } from '@remix-run/html-template'
import type { AccountOverview, AuditEntry, Credit, Disbursement, Invoice, Page } from '../../api/types.ts'
import { activityTable } from '../parts/activity-table.ts'
import { creditChip, invoiceChip } from '../parts/chip.ts'
import { dialog, opens } from '../parts/dialog.ts'
import { empty } from '../parts/empty.ts'
import { type FormState, idempotencyField } from '../parts/form.ts'
import { mono } from '../parts/heading.ts'
import { ICONS } from '../parts/icons.ts'
import { bareMoney, isZero, less, money, moneyText, smaller } from '../parts/money.ts'
import { creditPath, invoicePath } from '../parts/paths.ts'
import { tabs } from '../parts/tabs.ts'
import { dayIn, daysBetween, dayThisYear, moment } from '../parts/time.ts'
import type { Visit } from '../visit.ts'
import { deleteForm, reverseForm } from './credit-forms.ts'
import type { CreditsState } from './credits.ts'

/** A credit with what its tabs show. */
export type OpenedCredit = {
  readonly credit: Credit
  readonly unpaid: Page<Invoice>
  readonly disbursements: Page<Disbursement>
  readonly activity: Page<AuditEntry>
}

/** Reads a credit and what its tabs show, all at once. */
export async function readOpenedCredit({ client }: Visit, creditId: string): Promise<OpenedCredit> {
  const [credit, unpaid, disbursements, activity] = await Promise.all([
    client.getCredit(creditId),
    client.listUnpaidInvoices(creditId),
    client.listDisbursements(creditId),
    client.listAudit({ subject: creditId }),
  ])
  return { credit, unpaid, disbursements, activity }
}

type TabName = 'unpaid' | 'disbursements' | 'activity'

/** The opened credit: its head and what can be done with it, its tabs, and, always in sight, what is left of it. */
export function openedCredit(
  visit: Visit,
  account: AccountOverview,
  opened: OpenedCredit,
  state: CreditsState,
): SafeHtml {
  const { credit, unpaid, disbursements } = opened
  const current = tabOf(visit, credit)
  const path = creditPath(account.accountId, credit.creditId)
  const isIssued = credit.invoiceNumber !== null
  const count = ({ data, nextCursor }: Page<unknown>) => (nextCursor === null ? data.length : `${data.length}+`)
  return html`<section class="sheet opened" id="opened" aria-labelledby="opened-title">
    <header><h2 id="opened-title">${credit.reason}</h2>${creditChip(credit.status)}<div class="actions">${actions(visit, account, credit, state)}</div></header>
    <div class="inside">
      ${terms(visit, opened)}
      ${tabs('The credit', [
        ...(isIssued
          ? [
              {
                href: `${path}?tab=unpaid`,
                name: 'Unpaid invoices',
                count: count(unpaid),
                isCurrent: current === 'unpaid',
              },
              {
                href: `${path}?tab=disbursements`,
                name: 'Disbursements',
                count: count(disbursements),
                isCurrent: current === 'disbursements',
              },
            ]
          : []),
        { href: `${path}?tab=activity`, name: 'Activity', isCurrent: current === 'activity' },
      ])}
      ${credit.status === 'pending' ? html`<p class="empty hint">The next bill run issues it; then it can be disbursed.</p>` : ''}
      ${current === 'unpaid' ? unpaidInvoices(visit, account, opened, state.form) : ''}
      ${current === 'disbursements' ? disbursementList(visit, account, opened) : ''}
      ${current === 'activity' ? activityTable(visit, opened.activity.data) : ''}
    </div>
    <p class="left"><span>Amount left to disburse</span> <b>${money(credit.amountLeft, credit.currency)}</b></p>
  </section>`
}

/** The tab that is asked for; else what there is to do, or what was done. */
function tabOf({ query }: Visit, { invoiceNumber, amountLeft }: Credit): TabName {
  const asked = query.get('tab')
  if (invoiceNumber === null) return 'activity'
  if (asked === 'unpaid' || asked === 'disbursements' || asked === 'activity') return asked
  return isZero(amountLeft) ? 'disbursements' : 'unpaid'
}

function actions(
  { may }: Visit,
  account: AccountOverview,
  credit: Credit,
  { dialog: open, form }: CreditsState,
): SafeHtml {
  const path = creditPath(account.accountId, credit.creditId)
  if (credit.status === 'pending' && may('operate'))
    return html`<button class="button" ${opens('delete-credit')}>${ICONS.remove}Delete…</button>
      ${dialog({ id: 'delete-credit', title: 'Delete this credit', body: deleteForm(account, credit, form), isOpen: open === 'delete' })}`
  if (credit.status === 'issued' && may('enqueue'))
    return html`<button class="button" ${opens('reverse-credit')}>${ICONS.reverse}Reverse…</button>
      ${dialog({ id: 'reverse-credit', title: 'Confirm reversal', body: reverseForm(account, credit, form), isOpen: open === 'reverse' })}`
  if (credit.status === 'reversal_pending' && may('operate'))
    return html`<form method="post" action="${path}/cancel-reversal"><button class="button">Cancel the reversal</button></form>`
  return html``
}

function terms(visit: Visit, { credit, activity }: OpenedCredit): SafeHtml {
  const { amount, currency, invoiceNumber, automaticDisbursement, reference, note, createdAt, creditId } = credit
  const added = activity.data.find(({ action }) => action === 'credit.request')
  return html`<dl class="terms">
    <dt>Amount</dt><dd>${money(amount, currency)}</dd>
    <dt>Attached to</dt><dd>${
      invoiceNumber === null
        ? html`<span class="quiet">no invoice yet</span>`
        : html`<a href="${invoicePath(invoiceNumber)}">Invoice ${invoiceNumber}</a>`
    }</dd>
    ${
      credit.reversedOnInvoiceNumber === null
        ? ''
        : html`<dt>Reversed on</dt><dd><a href="${invoicePath(credit.reversedOnInvoiceNumber)}">Invoice ${credit.reversedOnInvoiceNumber}</a></dd>`
    }
    <dt>Disbursement</dt><dd>${automaticDisbursement ? 'By itself, to the oldest unpaid invoices' : 'By hand'}</dd>
    ${reference === null ? '' : html`<dt>Reference</dt><dd>${mono(reference)}</dd>`}
    ${note === null ? '' : html`<dt>Note</dt><dd>${note}</dd>`}
    <dt>Added</dt><dd>${moment(createdAt, visit)}${added?.keyName ? html` by ${added.keyName}` : ''}</dd>
    <dt>Id</dt><dd>${mono(creditId)}</dd>
  </dl>`
}

/** The unpaid invoices, oldest due first, each with a form of its own, filled in: no script is needed, and one Enter does it. */
function unpaidInvoices(
  visit: Visit,
  account: AccountOverview,
  { credit, unpaid }: OpenedCredit,
  form?: FormState,
): SafeHtml {
  if (unpaid.data.length === 0)
    return empty(`${account.name} has no unpaid invoice.`, 'What is left of the credit stays for later ones.')
  const canDisburse = visit.may('operate') && credit.status === 'issued' && !isZero(credit.amountLeft)
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Unpaid invoices"><table class="stacked">
    <thead><tr><th scope="col">Invoice</th><th scope="col">Due</th><th scope="col" class="r">Balance <span class="unit">${credit.currency}</span></th>
      ${canDisburse ? html`<th scope="col">Disburse</th>` : ''}</tr></thead>
    <tbody>${unpaid.data.map((invoice) => unpaidRow(visit, account, credit, { invoice, canDisburse, form }))}</tbody>
  </table></div>
  ${unpaid.nextCursor === null ? '' : html`<p class="empty hint">The oldest ${unpaid.data.length} are shown.</p>`}`
}

function unpaidRow(
  visit: Visit,
  { accountId }: AccountOverview,
  { creditId, currency, amountLeft }: Credit,
  {
    invoice,
    canDisburse,
    form,
  }: { readonly invoice: Invoice; readonly canDisburse: boolean; readonly form: FormState | undefined },
): SafeHtml {
  const { invoiceId, number, balance, dueOn, status } = invoice
  const late = daysBetween(dueOn, dayIn(visit.preferences.zone, visit.now))
  const refused = form?.values.invoiceId === invoiceId ? form : undefined
  const id = `amount-${number}`
  const error = refused?.errors.amount ?? refused?.errors['']
  return html`<tr>
    <th scope="row" class="nowrap first"><a href="${invoicePath(number)}">Invoice ${number}</a></th>
    <td class="nowrap wide">${late > 0 ? invoiceChip(status, late) : html`due ${dayThisYear(dueOn, visit)}`}</td>
    <td class="r first">${bareMoney(balance)}</td>
    ${
      canDisburse
        ? html`<td class="wide"><form class="disburse" method="post" action="${creditPath(accountId, creditId)}/disburse">
            ${idempotencyField(refused?.values)}<input type="hidden" name="invoiceId" value="${invoiceId}" />
            <label class="unseen" for="${id}">Amount in ${currency} to disburse to invoice ${number}</label>
            <input class="amount" id="${id}" name="amount" inputmode="decimal" required autocomplete="off"
              value="${refused?.values.amount ?? smaller(amountLeft, balance, currency)}"${
                error === undefined ? '' : html` aria-invalid="true" aria-describedby="${id}-error"`
              } />
            <button class="button">Disburse<span class="unseen"> to invoice ${number}</span></button></form>
            ${error === undefined ? '' : html`<p class="error" id="${id}-error">${error}</p>`}</td>`
        : ''
    }
  </tr>`
}

function disbursementList(
  visit: Visit,
  { name }: AccountOverview,
  { credit, disbursements, activity }: OpenedCredit,
): SafeHtml {
  if (disbursements.data.length === 0)
    return empty(
      `Nothing of it is disbursed yet.`,
      credit.automaticDisbursement ? '' : `Disburse it to an unpaid invoice of ${name}.`,
    )
  const byWhom = (id: string) => activity.data.find(({ detail }) => detail?.includes(id))?.keyName ?? undefined
  const isAll = disbursements.nextCursor === null
  return html`<table class="stacked">
    <thead><tr><th scope="col">When</th><th scope="col">Invoice</th><th scope="col">Made</th><th scope="col" class="r">Amount <span class="unit">${credit.currency}</span></th></tr></thead>
    <tbody>${disbursements.data.map(
      ({ createdAt, invoiceNumber, automatic, amount, disbursementId }) => html`<tr>
        <td class="nowrap">${moment(createdAt, visit)}</td><th scope="row" class="nowrap"><a href="${invoicePath(invoiceNumber)}">Invoice ${invoiceNumber}</a></th>
        <td>${automatic ? 'by the bill run' : html`by hand${byWhom(disbursementId) === undefined ? '' : html`, ${byWhom(disbursementId)}`}`}</td><td class="r">${bareMoney(amount)}</td></tr>`,
    )}</tbody>
    ${
      isAll
        ? html`<tfoot><tr class="final"><th scope="row" colspan="3">Disbursed of ${moneyText(credit.amount, credit.currency)}</th><td class="r">${bareMoney(less(credit.amount, credit.amountLeft, credit.currency))}</td></tr></tfoot>`
        : ''
    }
  </table>
  ${isAll ? '' : html`<p class="empty hint">The latest ${disbursements.data.length} are shown.</p>`}`
}
