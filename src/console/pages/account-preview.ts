import { html, type SafeHtml } from '@remix-run/html-template'
import type { AccountOverview, PreviewedInvoice } from '../../api/types.ts'
import { dialog } from '../parts/dialog.ts'
import { amountText, bareMoney, isZero } from '../parts/money.ts'
import { accountPath, creditPath } from '../parts/paths.ts'
import { dayIn, longDay, plural } from '../parts/time.ts'
import type { Visit } from '../visit.ts'

/** The invoice that the next bill run would make of an account, if any. It is worked out by the code of the bill run, and nothing is written. */
export async function previewDialog(visit: Visit, account: AccountOverview): Promise<SafeHtml> {
  const billDate = account.nextRun?.billDate ?? dayIn('UTC', visit.now)
  const { invoices } = await visit.client.previewBillRun({
    accountIds: [account.accountId],
    billDate,
    allowFuture: true,
  })
  const [invoice] = invoices
  return dialog({
    id: 'preview',
    title: `The next invoice of ${account.name}`,
    isOpen: true,
    body: html`<div class="body">
      <p>${
        account.nextRun
          ? html`As <b>${account.nextRun.schedule}</b> would make it on ${longDay(billDate)}.`
          : html`As a bill run of ${longDay(billDate)} would make it. No schedule bills ${account.billGroup}.`
      } Nothing was written.</p>
      ${invoice ? lines(account, invoice) : html`<p><b>No invoice.</b> Nothing of ${account.name} waits to be billed by then.</p>`}
      <div class="actions"><a class="button" href="${accountPath(account.accountId)}" autofocus>Close</a></div>
    </div>`,
  })
}

const KINDS = { charge: 'Charge', credit: 'Credit attached', reversed_credit: 'Reversed Credit' } as const

function lines(account: AccountOverview, invoice: PreviewedInvoice): SafeHtml {
  const { currency, totalCharge, total, balance, dueOn, transactions, transactionCount, disbursements } = invoice
  const hidden = transactionCount - transactions.length
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Its lines"><table>
    <thead><tr><th scope="col">Transaction</th><th scope="col">Description</th><th scope="col" class="r">Amount <span class="unit">${currency}</span></th></tr></thead>
    <tbody>${transactions.map(
      ({ type, description, amount, creditId }) => html`<tr><td class="nowrap">${KINDS[type]}</td>
        <th scope="row">${creditId === undefined ? description : html`<a href="${creditPath(account.accountId, creditId)}">${description}</a>`}</th>
        <td class="r">${type === 'credit' ? html`<span class="quiet">(${amountText(amount)})</span>` : bareMoney(amount)}</td></tr>`,
    )}
    ${hidden > 0 ? html`<tr><td></td><th scope="row">and ${plural(hidden, 'more line')}</th><td></td></tr>` : ''}
    <tr class="subtotal"><td></td><th scope="row">Total charge</th><td class="r">${bareMoney(totalCharge)}</td></tr>
    ${total === totalCharge ? '' : html`<tr><td></td><th scope="row">Total, with reversed credits</th><td class="r">${bareMoney(total)}</td></tr>`}
    ${disbursements.map(({ amount, creditId, invoiceId }) =>
      invoiceId === null
        ? html`<tr><td class="nowrap">Disbursed</td><th scope="row">${reasonOf(invoice, creditId)}</th><td class="r">−${amountText(amount)}</td></tr>`
        : '',
    )}
    <tr class="final"><td></td><th scope="row">It would owe</th><td class="r">${bareMoney(balance)}</td></tr></tbody>
  </table></div>
  <p class="hint">Due on ${dueOn}.${isZero(balance) ? ' It would be paid at once.' : ''}${elsewhere(invoice)}</p>`
}

const reasonOf = ({ transactions }: PreviewedInvoice, creditId: string) =>
  transactions.find((one) => one.creditId === creditId)?.description.replace(/^(Reversed )?Credit: /, '') ??
  'A credit that was left over'

/** Automatic credits go to the oldest debts first: some may pass the new invoice by. */
function elsewhere({ disbursements, currency }: PreviewedInvoice): string {
  const others = disbursements.filter(({ invoiceId }) => invoiceId !== null)
  if (others.length === 0) return ''
  return ` The run would also disburse ${others.map(({ amount }) => `${amountText(amount)} ${currency}`).join(', ')} to older invoices.`
}
