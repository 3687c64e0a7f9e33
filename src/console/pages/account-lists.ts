import { html, type SafeHtml } from '@remix-run/html-template'
import type { AccountOverview, AuditEntry, Invoice, ListedCharge } from '../../api/types.ts'
import type { CsvSource } from '../csv-page.ts'
import { type AccountTab, accountHead } from '../parts/account-head.ts'
import { actionText, actorText } from '../parts/activity-table.ts'
import { chip, invoiceChip } from '../parts/chip.ts'
import { csvLink } from '../parts/csv-link.ts'
import { empty } from '../parts/empty.ts'
import { filterAmong, filterOf } from '../parts/filters.ts'
import { bareMoney } from '../parts/money.ts'
import { paging, withQuery } from '../parts/paging.ts'
import { accountPath, billRunPath, creditPath, invoicePath, keyOfSegment } from '../parts/paths.ts'
import { runName } from '../parts/run-name.ts'
import { moment } from '../parts/time.ts'
import { type Page, page, type Visit } from '../visit.ts'

const keyOf = ({ params }: Visit) => keyOfSegment(params.key as string)
const cursorOf = (visit: Visit) => filterOf(visit, 'cursor')

type Tab = {
  readonly tab: AccountTab
  readonly name: string
  /** The states by which it is filtered, after "all". */
  readonly states?: readonly string[]
  readonly list: SafeHtml
  readonly nextCursor: string | null
}

function tabPage(visit: Visit, account: AccountOverview, { tab, name, states = [], list, nextCursor }: Tab): Page {
  const title = `${name} of ${account.name}`
  return page({
    title,
    section: 'accounts',
    body: html`${accountHead(visit, account, { tab, title, actions: states.length === 0 ? '' : csvLink(visit) })}
      ${states.length === 0 ? '' : choices(visit, name, states)}
      <section class="sheet" aria-label="${name}">${list}</section>
      ${paging(visit, nextCursor)}`,
  })
}

const capital = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`

function choices(visit: Visit, name: string, states: readonly string[]): SafeHtml {
  const { url } = visit
  const current = filterAmong(visit, 'status', states)
  return html`<nav class="choices" aria-label="${name} by state"><ul>${[undefined, ...states].map(
    (status) =>
      html`<li><a href="${withQuery(url, { status, cursor: undefined })}"${
        status === current ? html` aria-current="true"` : ''
      }>${status === undefined ? 'All' : capital(status)}</a></li>`,
  )}</ul></nav>`
}

const CHARGE_STATES = ['pending', 'billed'] as const

export const chargesCsv = (visit: Visit): CsvSource => ({
  list: `v1/${accountPath(keyOf(visit)).slice(1)}/charges`,
  query: { status: filterAmong(visit, 'status', CHARGE_STATES) },
})

/** The charges of an account: what waits for the next bill run, and what stands on which invoice. */
export async function chargesPage(visit: Visit): Promise<Page> {
  const accountId = keyOf(visit)
  const status = filterAmong(visit, 'status', CHARGE_STATES)
  const [account, charges] = await Promise.all([
    visit.client.getAccount(accountId),
    visit.client.listCharges(accountId, { status, cursor: cursorOf(visit) }),
  ])
  const none =
    status === undefined
      ? empty(`${account.name} was charged nothing yet.`, 'Other systems send charges to POST /v1/charges.')
      : empty(`No ${status} charge of ${account.name}.`)
  return tabPage(visit, account, {
    tab: 'charges',
    name: 'Charges',
    states: CHARGE_STATES,
    list: charges.data.length === 0 ? none : chargeTable(account, charges.data),
    nextCursor: charges.nextCursor,
  })
}

function chargeTable({ currency }: AccountOverview, charges: readonly ListedCharge[]): SafeHtml {
  return html`<table class="stacked">
    <thead><tr><th scope="col">Date</th><th scope="col">Description</th><th scope="col">Reference</th>
      <th scope="col" class="r">Amount <span class="unit">${currency}</span></th><th scope="col">Status</th></tr></thead>
    <tbody>${charges.map(
      ({ chargedOn, description, reference, amount, invoiceNumber }) => html`<tr><td class="nowrap">${chargedOn}</td>
        <th scope="row" class="first">${description}</th><td class="drop">${reference === null ? '' : html`<code class="id">${reference}</code>`}</td>
        <td class="r first">${bareMoney(amount)}</td>
        <td>${invoiceNumber === null ? chip('idle', 'ring', 'Pending') : html`<a href="${invoicePath(invoiceNumber)}">Invoice ${invoiceNumber}</a>`}</td></tr>`,
    )}</tbody>
  </table>`
}

const INVOICE_STATES = ['unpaid', 'overdue', 'paid'] as const

export const accountInvoicesCsv = (visit: Visit): CsvSource => ({
  list: 'v1/invoices',
  query: { accountId: keyOf(visit), status: filterAmong(visit, 'status', INVOICE_STATES) },
})

/** The invoices of an account, newest first. */
export async function accountInvoicesPage(visit: Visit): Promise<Page> {
  const accountId = keyOf(visit)
  const status = filterAmong(visit, 'status', INVOICE_STATES)
  const [account, invoices] = await Promise.all([
    visit.client.getAccount(accountId),
    visit.client.listInvoices({ accountId, status, cursor: cursorOf(visit) }),
  ])
  const none =
    status === undefined
      ? empty(`${account.name} has no invoice yet.`, 'A bill run makes one when charges, credits or reversals wait.')
      : empty(`No ${status} invoice of ${account.name}.`)
  return tabPage(visit, account, {
    tab: 'invoices',
    name: 'Invoices',
    states: INVOICE_STATES,
    list: invoices.data.length === 0 ? none : invoiceTable(account, invoices.data),
    nextCursor: invoices.nextCursor,
  })
}

function invoiceTable({ currency }: AccountOverview, invoices: readonly Invoice[]): SafeHtml {
  const unit = html`<span class="unit">${currency}</span>`
  return html`<table class="stacked dense">
    <thead><tr><th scope="col" class="r">Number</th><th scope="col">Issued</th><th scope="col">Due</th><th scope="col" class="r">Total ${unit}</th>
      <th scope="col" class="r">Balance ${unit}</th><th scope="col">Status</th><th scope="col">Bill run</th></tr></thead>
    <tbody>${invoices.map(
      ({ number, issuedOn, dueOn, total, balance, status, overdueDays, billRunId, billRun }) => html`<tr class="rows">
        <th scope="row" class="r first" data-label="Invoice"><a class="row" href="${invoicePath(number)}">${number}</a></th>
        <td class="nowrap drop">${issuedOn}</td><td class="nowrap" data-label="due">${dueOn}</td>
        <td class="r drop">${bareMoney(total)}</td><td class="r first">${bareMoney(balance)}</td>
        <td>${invoiceChip(status, overdueDays)}</td>
        <td class="nowrap drop"><a href="${billRunPath(billRunId)}">${runName(billRun)}</a></td></tr>`,
    )}</tbody>
  </table>`
}

/** Who did what to an account. */
export async function accountActivityPage(visit: Visit): Promise<Page> {
  const accountId = keyOf(visit)
  const [account, activity] = await Promise.all([
    visit.client.getAccount(accountId),
    visit.client.listAccountActivity(accountId, { cursor: cursorOf(visit) }),
  ])
  return tabPage(visit, account, {
    tab: 'activity',
    name: 'Activity',
    list: activityList(visit, accountId, activity.data),
    nextCursor: activity.nextCursor,
  })
}

function activityList(visit: Visit, accountId: string, entries: readonly AuditEntry[]): SafeHtml {
  if (entries.length === 0) return empty('Nothing was done yet.')
  return html`<table class="stacked dense">
    <thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col">Credit</th><th scope="col">Who</th><th scope="col">Why</th><th scope="col">Request id</th></tr></thead>
    <tbody>${entries.map((entry) => {
      const { at, action, subject, reason, detail, requestId } = entry
      return html`<tr><td class="nowrap">${moment(at, visit)}</td>
        <th scope="row" class="first">${actionText(action)}</th><td>${subject === accountId ? '' : creditLink(accountId, subject)}</td>
        <td>${actorText(entry)}</td>
        <td class="wide">${[reason, detail].filter((text) => text !== null).join(' · ')}</td>
        <td class="drop">${requestId === null ? '' : html`<code class="id" data-copy="${requestId}" title="${requestId}">${requestId.slice(-8)}</code>`}</td></tr>`
    })}</tbody>
  </table>`
}

/** By the last digits of its id, as its first do not tell it from others. */
const creditLink = (accountId: string, creditId: string): SafeHtml =>
  html`<a href="${creditPath(accountId, creditId)}"><code class="id" title="${creditId}">${creditId.slice(-8)}</code></a>`
