import { html, type SafeHtml } from '@remix-run/html-template'
import type { Account, Invoice } from '../../api/types.ts'
import { isApiError } from '../../client/api-error.ts'
import { invoiceChip } from '../parts/chip.ts'
import { empty } from '../parts/empty.ts'
import { heading } from '../parts/heading.ts'
import { money } from '../parts/money.ts'
import { accountPath, billRunPath, creditPath, invoicePath, jobPath } from '../parts/paths.ts'
import { type Answer, fragment, type PageRoutes, page, redirect, type Visit } from '../visit.ts'
import { accountTable } from './accounts.ts'

/** How many are offered under the field while one types. */
const OPTIONS = 8
const MAX_LENGTH = 200

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
/** `18`, `#18`, `invoice 18` */
const INVOICE = /^(?:invoice\s*)?#?\s*([1-9][0-9]{0,14})$/i

/** What a text in the field at the top leads to. It works without a script; with one, the best are offered while one types. */
export function searchPages({ get }: PageRoutes): void {
  get('/search', 'read', searchPage)
  get('/search/options', 'read', async (visit) => fragment(options(await find(visit, textOf(visit), OPTIONS))))
}

const textOf = ({ query }: Visit) => (query.get('q') ?? '').trim().slice(0, MAX_LENGTH)

type Found = {
  readonly text: string
  /** Where an id leads, if it is one of something. */
  readonly address: string | undefined
  readonly invoice: Invoice | undefined
  readonly accounts: readonly Account[]
}

/** An id leads to what it is of; else an invoice by its number, then accounts: the very key, keys that begin so, names. */
async function find(visit: Visit, text: string, limit: number): Promise<Found> {
  const id = text.toLowerCase()
  const nothing = { text, address: undefined, invoice: undefined, accounts: [] }
  if (text === '') return nothing
  if (UUID.test(id)) return { ...nothing, address: await addressOf(visit, id) }
  const number = INVOICE.exec(text)?.[1]
  const { client } = visit
  const [invoices, accounts] = await Promise.all([
    number === undefined ? [] : client.listInvoices({ number }).then(({ data }) => data),
    client.listAccounts({ query: text, limit }).then(({ data }) => data),
  ])
  return { ...nothing, invoice: invoices[0], accounts }
}

/** The page of what has this id: a credit, an invoice, a bill run, or a request. */
async function addressOf({ client }: Visit, id: string): Promise<string | undefined> {
  const found = await Promise.all([
    unlessMissing(client.getCredit(id).then(({ accountId }) => creditPath(accountId, id))),
    unlessMissing(client.getInvoice(id).then(({ number }) => invoicePath(number))),
    unlessMissing(client.getBillRun(id).then(() => billRunPath(id))),
    unlessMissing(client.getJob(id).then(() => jobPath(id))),
  ])
  return found.find((address) => address !== undefined)
}

async function unlessMissing(address: Promise<string>): Promise<string | undefined> {
  try {
    return await address
  } catch (error) {
    if (isApiError(error) && (error.status === 404 || error.status === 409)) return undefined
    throw error
  }
}

async function searchPage(visit: Visit): Promise<Answer> {
  const text = textOf(visit)
  const found = await find(visit, text, 50)
  const { address, invoice, accounts } = found
  if (address !== undefined) return redirect(address)
  const only = accounts.length + (invoice ? 1 : 0) === 1
  if (only && invoice) return redirect(invoicePath(invoice.number))
  if (only && accounts[0]) return redirect(accountPath(accounts[0].accountId))
  return page({
    title: text === '' ? 'Search' : `${text} – Search`,
    section: undefined,
    body: html`${heading({ title: text === '' ? 'Search' : `Found for “${text}”` })}
      ${results(found)}`,
  })
}

function results({ text, invoice, accounts }: Found): SafeHtml {
  if (text === '')
    return html`<section class="sheet" aria-label="Found">${empty('Write the name or the key of an account, the number of an invoice, or an id.')}</section>`
  if (!invoice && accounts.length === 0)
    return html`<section class="sheet" aria-label="Found">${empty(
      `Nothing is called “${text}”.`,
      'Looked for: an id, the number of an invoice, the key of an account, and what a key or a name begins with or contains.',
    )}</section>`
  return html`${invoice ? invoiceResult(invoice) : ''}
    ${accounts.length === 0 ? '' : html`<section class="sheet" aria-label="Accounts">${accountTable(accounts)}</section>`}
    ${accounts.length < 50 ? '' : html`<p class="hint">The best 50. <a href="/accounts?${new URLSearchParams({ query: text }).toString()}">More in the list of accounts</a></p>`}`
}

function invoiceResult({ number, accountId, accountName, balance, currency, status, overdueDays }: Invoice): SafeHtml {
  return html`<section class="sheet" aria-label="Invoice"><table class="stacked"><thead class="unseen"><tr><th scope="col">Invoice</th><th scope="col">Account</th>
    <th scope="col">Status</th><th scope="col">Owes</th></tr></thead>
    <tbody><tr class="rows"><th scope="row" class="first"><a class="row" href="${invoicePath(number)}">Invoice ${number}</a></th><td>${accountName} <code class="id">${accountId}</code></td>
    <td>${invoiceChip(status, overdueDays)}</td><td class="r first">${money(balance, currency)}</td></tr></tbody></table></section>`
}

/** What is offered under the field: links, so that a pick is a click on one. */
function options({ address, invoice, accounts, text }: Found): SafeHtml {
  const offered = [
    ...(address === undefined ? [] : [option(address, 'Open what has this id', text.slice(-8))]),
    ...(invoice
      ? [option(invoicePath(invoice.number), `Invoice ${invoice.number}, ${invoice.accountName}`, invoice.accountId)]
      : []),
    ...accounts.map(({ accountId, name }) => option(accountPath(accountId), name, accountId)),
  ]
  if (offered.length > 0) return html`${offered.slice(0, OPTIONS)}`
  return html`<li role="presentation" class="none" data-no-result-found="true">Nothing is called so</li>`
}

const option = (href: string, name: string, id: string): SafeHtml =>
  html`<li role="presentation"><a role="option" tabindex="-1" href="${href}"><b>${name}</b> <code class="id">${id}</code></a></li>`
