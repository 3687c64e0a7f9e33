import { html, type SafeHtml } from '@remix-run/html-template'
import type { Credit, InvoiceTransaction, OneInvoice, Page as PageOf } from '../../api/types.ts'
import { invoiceChip } from '../parts/chip.ts'
import { csvLink } from '../parts/csv-link.ts'
import { dialog, opens } from '../parts/dialog.ts'
import { filterOf } from '../parts/filters.ts'
import type { FormState } from '../parts/form.ts'
import { heading, mono } from '../parts/heading.ts'
import { ICONS } from '../parts/icons.ts'
import { countText, isZero } from '../parts/money.ts'
import { withQuery } from '../parts/paging.ts'
import { accountPath, billRunPath, invoicePath } from '../parts/paths.ts'
import { letterhead, printFoot } from '../parts/print.ts'
import { runName } from '../parts/run-name.ts'
import { dayIn, daysBetween, plural } from '../parts/time.ts'
import { type Page, page, type Visit } from '../visit.ts'
import { disburseForms } from './invoice-forms.ts'
import { invoiceSums } from './invoice-sums.ts'

/** How many lines a page of an invoice has; and how many are shown at once to whoever wants all of them. */
const LINES = 100
const MAX_ALL = 2_000
const MAX_PAGE = 500

/** What of the page is open, and what was refused on it. */
export type InvoiceState = {
  /** Whether the dialog that disburses a credit is open when the page arrives. */
  readonly isDisbursing?: boolean
  readonly form?: FormState
  readonly status?: number
}

/** What stands on the page: the lines from one place on, or all of them. */
export type Lines = {
  readonly data: readonly InvoiceTransaction[]
  readonly nextCursor: string | null
  /** The place of the first, from 1. */
  readonly from: number
}

/** One invoice: whose it is, its lines, what was disbursed to it, and what it owes. */
export async function invoicePage(visit: Visit, state: InvoiceState = {}): Promise<Page> {
  const number = visit.params.number as string
  const [invoice, lines] = await Promise.all([visit.client.getInvoice(number), readLines(visit, number)])
  const credits = mayDisburse(visit, invoice) ? await usableCredits(visit, invoice) : undefined
  const title = `Invoice ${invoice.number}`
  return page({
    title: `${title} – ${invoice.accountName}`,
    section: 'invoices',
    status: state.status ?? 200,
    body: html`${printFoot(title)}${letterhead(visit.config)}
      <article class="document">
      ${heading({
        crumbs: [['/invoices', 'Invoices']],
        title,
        beside: invoiceChip(invoice.status, invoice.overdueDays),
        actions: actions(visit, invoice, credits !== undefined),
      })}
      ${terms(visit, invoice)}
      ${credits ? disburseDialog(visit, invoice, credits, state) : ''}
      ${invoiceSums(visit, invoice, lines)}
      </article>
      ${neighbours(invoice)}`,
  })
}

/** The lines that are asked for: those after a cursor, or all of an invoice that has not too many. */
async function readLines(visit: Visit, number: string): Promise<Lines> {
  const wantsAll = visit.query.get('lines') === 'all'
  const from = Math.max(1, Number.parseInt(visit.query.get('from') ?? '1', 10) || 1)
  const read = (cursor: string | undefined, limit: number) =>
    visit.client.listInvoiceTransactions(number, { cursor, limit })
  let page: PageOf<InvoiceTransaction> = await read(filterOf(visit, 'cursor'), wantsAll ? MAX_PAGE : LINES)
  const data = [...page.data]
  while (wantsAll && page.nextCursor !== null && data.length < MAX_ALL) {
    page = await read(page.nextCursor, MAX_PAGE)
    data.push(...page.data)
  }
  return { data, nextCursor: page.nextCursor, from }
}

const mayDisburse = ({ may }: Visit, { balance }: OneInvoice) => may('operate') && !isZero(balance)

const usableCredits = ({ client }: Visit, { accountId }: OneInvoice) =>
  client.listCredits({ accountId, hasLeft: 'true' })

function actions(visit: Visit, invoice: OneInvoice, canDisburse: boolean): SafeHtml {
  const { number, transactionCount } = invoice
  const { url } = visit
  const isWhole = transactionCount <= LINES || url.searchParams.get('lines') === 'all'
  return html`${
    canDisburse
      ? html`<button class="button" ${opens('disburse')} data-hotkey="d">Disburse a credit to it…</button>
        <noscript><a class="button plain" href="${invoicePath(number)}/disburse">on its own page</a></noscript>`
      : ''
  }
    ${
      isWhole || transactionCount > MAX_ALL
        ? ''
        : html`<a class="button" href="${withQuery(url, { lines: 'all', cursor: undefined, from: undefined })}">All ${countText(transactionCount)} lines, to print</a>`
    }
    ${csvLink(visit, `${invoicePath(number)}/lines`)}
    ${isWhole ? html`<button class="button" type="button" data-print hidden>${ICONS.print}Print</button>` : ''}`
}

function terms(visit: Visit, invoice: OneInvoice): SafeHtml {
  const { accountId, accountName, issuedOn, dueOn, billRunId, billRun, status } = invoice
  const days = daysBetween(dayIn('UTC', visit.now), dueOn)
  const due = days === 0 ? 'today' : days > 0 ? `in ${plural(days, 'day')}` : `${plural(-days, 'day')} ago`
  return html`<dl class="terms bare">
    <dt>Account</dt><dd><a href="${accountPath(accountId)}">${accountName}</a> ${mono(accountId)}</dd>
    <dt>Issued on</dt><dd>${issuedOn}</dd>
    <dt>Due on</dt><dd>${dueOn}${status === 'unpaid' ? html` <span class="quiet unprinted">${due}</span>` : ''}</dd>
    <dt class="unprinted">Bill run</dt><dd class="unprinted"><a href="${billRunPath(billRunId)}">${runName(billRun)}</a></dd>
  </dl>`
}

function disburseDialog(
  visit: Visit,
  invoice: OneInvoice,
  credits: PageOf<Credit>,
  { isDisbursing = false, form }: InvoiceState,
): SafeHtml {
  return dialog({
    id: 'disburse',
    title: `Disburse a credit to invoice ${invoice.number}`,
    body: disburseForms(visit, invoice, credits, form),
    isOpen: isDisbursing,
  })
}

/** The way to the account's invoices before and after. */
function neighbours({ accountName, previousNumber, nextNumber }: OneInvoice): SafeHtml {
  if (previousNumber === null && nextNumber === null) return html``
  return html`<nav class="paging" aria-label="Other invoices of ${accountName}">
    ${
      previousNumber === null
        ? ''
        : html`<a class="button" href="${invoicePath(previousNumber)}" rel="prev" data-hotkey="]">${ICONS.previous}Invoice ${previousNumber}</a>`
    }
    ${
      nextNumber === null
        ? ''
        : html`<a class="button" href="${invoicePath(nextNumber)}" rel="next" data-hotkey="[">Invoice ${nextNumber}${ICONS.next}</a>`
    }
  </nav>`
}
