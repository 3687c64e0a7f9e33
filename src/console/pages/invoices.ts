import { html, type SafeHtml } from '@remix-run/html-template'
import type { Invoice, InvoiceQuery } from '../../api/types.ts'
import { csvOf } from '../csv-page.ts'
import { invoiceChip } from '../parts/chip.ts'
import { csvLink } from '../parts/csv-link.ts'
import { empty } from '../parts/empty.ts'
import { filterAmong, filterOf, filters, filterText, keptFilters } from '../parts/filters.ts'
import { heading } from '../parts/heading.ts'
import { money } from '../parts/money.ts'
import { paging, withQuery } from '../parts/paging.ts'
import { accountPath, billRunPath, invoicePath } from '../parts/paths.ts'
import { runName } from '../parts/run-name.ts'
import { tabs } from '../parts/tabs.ts'
import { shortDay } from '../parts/time.ts'
import { type Page, type PageRoutes, page, type Visit } from '../visit.ts'

const STATUSES = ['unpaid', 'overdue', 'paid'] as const
type Status = (typeof STATUSES)[number]
const TITLES: Readonly<Record<Status, string>> = {
  unpaid: 'Unpaid invoices',
  overdue: 'Overdue invoices',
  paid: 'Paid invoices',
}

/** All invoices, by state, account and bill run. */
export function invoiceListPages(routes: PageRoutes): void {
  routes.get('/invoices', 'read', invoicesPage)
  csvOf(routes, '/invoices', (visit) => ({ list: 'v1/invoices', query: queryOf(visit) }))
}

/** What of the address filters the list. */
const queryOf = (visit: Visit): InvoiceQuery => ({
  status: filterAmong(visit, 'status', STATUSES),
  accountId: filterOf(visit, 'account'),
  billRunId: filterOf(visit, 'run'),
})

async function invoicesPage(visit: Visit): Promise<Page> {
  const query = queryOf(visit)
  const invoices = await visit.client.listInvoices({ ...query, cursor: filterOf(visit, 'cursor') })
  const title = query.status === undefined ? 'Invoices' : TITLES[query.status]
  return page({
    title,
    section: 'invoices',
    body: html`${heading({ title, actions: csvLink(visit) })}
      ${states(visit, query.status)}
      ${filters(visit, {
        fields: html`${keptFilters(visit, 'status', 'run')}${filterText(visit, 'account', 'Account', 'its key')}`,
        active: [
          ...(query.accountId === undefined ? [] : [{ name: 'account', text: `Account ${query.accountId}` }]),
          ...(query.billRunId === undefined ? [] : [{ name: 'run', text: runFilter(invoices.data) }]),
        ],
      })}
      <section class="sheet" aria-label="${title}">${invoices.data.length === 0 ? nothing(visit, query) : list(invoices.data)}</section>
      ${paging(visit, invoices.nextCursor)}`,
  })
}

const states = ({ url }: Visit, current: Status | undefined): SafeHtml =>
  tabs(
    'Invoices by state',
    ([undefined, ...STATUSES] as const).map((status) => ({
      href: withQuery(url, { status, cursor: undefined }),
      name: status === undefined ? 'All' : `${status.charAt(0).toUpperCase()}${status.slice(1)}`,
      isCurrent: status === current,
    })),
  )

/** The run is named by its invoices: one that has none is named by what it is. */
const runFilter = ([first]: readonly Invoice[]) => (first ? `Bill run ${runName(first.billRun)}` : 'One bill run')

function nothing({ url }: Visit, { status, accountId, billRunId }: InvoiceQuery): SafeHtml {
  if (status === undefined && accountId === undefined && billRunId === undefined)
    return empty(
      'No invoice yet. A bill run makes one for each account that has anything to bill.',
      html`<a href="/bill-runs/new">Start a bill run</a>, or have a schedule do it each night.`,
    )
  return empty(
    `No ${status ?? ''} invoice${accountId === undefined ? '' : ` of ${accountId}`}${billRunId === undefined ? '' : ' of this bill run'}.`.replace(
      '  ',
      ' ',
    ),
    html`<a href="${url.pathname}">Show all invoices</a>`,
  )
}

function list(invoices: readonly Invoice[]): SafeHtml {
  return html`<table class="stacked">
    <thead><tr><th scope="col" class="r">Number</th><th scope="col">Account</th><th scope="col" class="roomy">Issued</th><th scope="col">Due</th>
      <th scope="col" class="r roomy">Total</th><th scope="col" class="r">Balance</th><th scope="col">Status</th><th scope="col" class="roomy">Bill run</th></tr></thead>
    <tbody>${invoices.map(row)}</tbody>
  </table>`
}

function row(invoice: Invoice): SafeHtml {
  const { number, accountId, accountName, issuedOn, dueOn, total, balance, currency, status, overdueDays, billRun } =
    invoice
  return html`<tr class="rows">
    <th scope="row" class="r" data-label="Invoice"><a class="row" href="${invoicePath(number)}">${number}</a></th>
    <td class="cut first"><a href="${accountPath(accountId)}">${accountName}</a> <code class="id">${accountId}</code></td>
    <td class="nowrap roomy">${shortDay(issuedOn)}</td>
    <td class="nowrap" data-label="due">${shortDay(dueOn)}</td>
    <td class="r roomy">${money(total, currency)}</td>
    <td class="r first">${money(balance, currency)}</td>
    <td>${invoiceChip(status, overdueDays)}</td>
    <td class="cut roomy"><a href="${billRunPath(invoice.billRunId)}">${runName(billRun)}</a></td>
  </tr>`
}
