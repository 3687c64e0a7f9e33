import { html, type SafeHtml } from '@remix-run/html-template'
import type { Disbursement, InvoiceTransaction, OneInvoice } from '../../api/types.ts'
import { amountText, bareMoney, countText, isZero } from '../parts/money.ts'
import { withQuery } from '../parts/paging.ts'
import { creditPath } from '../parts/paths.ts'
import { dated } from '../parts/time.ts'
import type { Visit } from '../visit.ts'
import type { Lines } from './invoice.ts'

const KINDS: Readonly<Record<InvoiceTransaction['type'], string>> = {
  charge: 'Charge',
  reversed_credit: 'Reversed Credit',
  credit: 'Credit attached',
}

/**
 * The arithmetic of an invoice: its lines, their total under a single rule, what was disbursed to it, and what it owes, under a double rule
 * (docs/domain.md, Invoice arithmetic). Sums are always of the whole invoice, whichever lines are shown.
 */
export function invoiceSums(visit: Visit, invoice: OneInvoice, lines: Lines): SafeHtml {
  const { currency, totalCharge, total, balance, disbursements, accountId } = invoice
  const unit = html`<span class="unit">${currency}</span>`
  return html`<section class="sheet sums" aria-label="What it comes to">
    <table class="stacked">
      <caption class="unseen">Transactions</caption>
      <thead><tr><th scope="col">Transaction</th><th scope="col">Description</th><th scope="col" class="r">Amount ${unit}</th></tr></thead>
      <tbody>${lines.data.map((line) => transactionRow(accountId, line))}</tbody>
      <tbody>${moreRow(visit, invoice, lines)}</tbody>
    </table>
    <div class="together">
    <table class="stacked">
      <caption class="unseen">Totals</caption>
      <tbody>
        <tr class="subtotal"><th scope="row">Total charge</th><td class="r">${bareMoney(totalCharge)}</td></tr>
        ${
          total === totalCharge
            ? ''
            : html`<tr class="further"><th scope="row">Total, with reversed credits</th><td class="r">${bareMoney(total)}</td></tr>`
        }
      </tbody>
    </table>
    <table class="stacked">
      <caption class="unseen">Disbursements and balance</caption>
      ${
        disbursements.length === 0
          ? ''
          : html`<thead><tr><th scope="col">Disbursed</th><th scope="col">Credit</th><th scope="col" class="unprinted">Made</th><th scope="col" class="r">Amount ${unit}</th></tr></thead>
            <tbody>${disbursements.map((one) => disbursementRow(visit, accountId, one))}</tbody>`
      }
      <tbody><tr class="final"><th scope="row" colspan="2">Balance ${unit}</th><td class="drop unprinted"></td><td class="r">${bareMoney(balance)}</td></tr></tbody>
    </table>
    </div>
  </section>`
}

/** A charge, or a credit with a link to it. An attached credit is in parentheses and grey: it is part of no sum. */
function transactionRow(accountId: string, line: InvoiceTransaction): SafeHtml {
  const { type, amount, description, creditId, creditReason } = line
  const text =
    creditId === undefined
      ? description
      : html`<a href="${creditPath(accountId, creditId)}">${creditReason ?? description}</a>`
  return html`<tr>
    <td class="nowrap">${KINDS[type]}</td>
    <th scope="row" class="first">${text}${type === 'credit' ? html` <small class="aside">changes no total until it is disbursed</small>` : ''}</th>
    <td class="r first">${type === 'credit' ? html`<span class="quiet attached">(${amountText(amount)})</span>` : bareMoney(amount)}</td>
  </tr>`
}

/** Which of many lines are shown, and the way to the others. */
function moreRow({ url, query }: Visit, { transactionCount }: OneInvoice, { data, nextCursor, from }: Lines): SafeHtml {
  if (nextCursor === null && !query.has('cursor')) return html``
  const last = from + data.length - 1
  const rest = query.has('cursor') || query.get('lines') !== 'all'
  return html`<tr class="more"><td colspan="3">
    <span>Lines ${countText(from)} to ${countText(last)} of ${countText(transactionCount)}</span>
    ${query.has('cursor') ? html`<a class="unprinted" href="${withQuery(url, { cursor: undefined, from: undefined })}">First lines</a>` : ''}
    ${
      nextCursor === null || !rest
        ? ''
        : html`<a class="unprinted" href="${withQuery(url, { cursor: nextCursor, from: String(last + 1) })}" rel="next">Next lines</a>`
    }
  </td></tr>`
}

function disbursementRow(visit: Visit, accountId: string, one: Disbursement): SafeHtml {
  const { createdAt, creditId, creditReason, amount, automatic, keyName } = one
  return html`<tr>
    <td class="nowrap">${dated(createdAt, visit)}</td>
    <th scope="row" class="first"><a href="${creditPath(accountId, creditId)}">${creditReason}</a></th>
    <td class="made unprinted">${automatic ? 'by a bill run' : `by hand${keyName === null ? '' : `, ${keyName}`}`}</td>
    <td class="r first">${isZero(amount) ? bareMoney(amount) : html`<span class="money">−${amountText(amount)}</span>`}</td>
  </tr>`
}
