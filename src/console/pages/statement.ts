import { html, type SafeHtml } from '@remix-run/html-template'
import type { AccountOverview, Statement, StatementEntry } from '../../api/types.ts'
import type { CsvSource } from '../csv-page.ts'
import { accountHead } from '../parts/account-head.ts'
import { empty } from '../parts/empty.ts'
import { ICONS } from '../parts/icons.ts'
import { amountText, bareMoney, isZero } from '../parts/money.ts'
import { noticeBox } from '../parts/notice.ts'
import { withQuery } from '../parts/paging.ts'
import { accountPath, creditPath, invoicePath, keyOfSegment } from '../parts/paths.ts'
import { letterhead, printFoot } from '../parts/print.ts'
import { type DayRange, RANGE_NAMES, type RangeName, rangeOf, rangeText } from '../parts/range.ts'
import { moment } from '../parts/time.ts'
import { type Page, page, type Visit } from '../visit.ts'

/** How many lines a page of a statement has. */
const LINES = 200

const NAMES: Readonly<Record<RangeName, string>> = { month: 'Month', quarter: 'Quarter', year: 'Year', all: 'All' }

/** What an account owed when, and the proof that it adds up. The first of an account's pages. */
export async function statementPage(visit: Visit, dialog: (account: AccountOverview) => SafeHtml): Promise<Page> {
  const { client, params, query } = visit
  const accountId = keyOfSegment(params.key as string)
  const range = rangeOf(visit)
  const cursor = query.get('cursor') ?? undefined
  const [account, statement] = await Promise.all([
    client.getAccount(accountId),
    client.getStatement(accountId, { from: range.from, to: range.to, cursor, limit: LINES }),
  ])
  return page({
    title: account.name,
    section: 'accounts',
    body: html`${printFoot(`Statement of ${account.name}`)}${letterhead(visit.config)}${accountHead(visit, account, { tab: 'statement', title: account.name, actions: previewButton(visit, account) })}
      ${dialog(account)}
      ${ranges(visit, range)}
      <section class="sheet" aria-labelledby="statement-title">
        <header><h2 id="statement-title">Statement ${rangeText(range)}</h2>
          <div class="actions">${csv(visit, account)}<button class="button" type="button" data-print hidden>${ICONS.print}Print</button></div></header>
        ${lines(visit, account, statement, cursor !== undefined)}
        ${proof(account, statement)}
      </section>
      ${more(visit, statement)}`,
  })
}

/** All lines of the range as a file. */
export const statementCsv = (visit: Visit): CsvSource => {
  const { from, to } = rangeOf(visit)
  const key = keyOfSegment(visit.params.key as string)
  return { list: `v1/${accountPath(key).slice(1)}/statement`, query: { from, to } }
}

function csv({ url }: Visit, { accountId }: AccountOverview): SafeHtml {
  const file = new URL(`${accountPath(accountId)}/statement.csv${url.search}`, url)
  return html`<a class="button" href="${withQuery(file, { cursor: undefined })}">${ICONS.download}CSV</a>`
}

function previewButton({ may }: Visit, { accountId }: AccountOverview): SafeHtml {
  if (!may('operate')) return html``
  return html`<form method="post" action="${accountPath(accountId)}/preview"><button class="button" data-hotkey="p">Preview the next invoice</button></form>`
}

function ranges({ url }: Visit, { name, firstDay, lastDay }: DayRange): SafeHtml {
  const given = { from: name === undefined ? firstDay : undefined, to: lastDay }
  return html`<div class="ranges unprinted">
    <nav class="choices" aria-label="Range"><ul>${RANGE_NAMES.map(
      (one) =>
        html`<li><a href="${withQuery(url, { range: one, from: undefined, to: undefined, cursor: undefined })}"${
          one === name ? html` aria-current="true"` : ''
        }>${NAMES[one]}</a></li>`,
    )}</ul></nav>
    <form class="filters" action="${url.pathname}">
      <label>From <input type="date" name="from" value="${given.from ?? ''}" min="1900-01-01" max="2199-12-31" /></label>
      <label>To <input type="date" name="to" value="${given.to ?? ''}" min="1900-01-01" max="2199-12-31" /></label>
      <button class="button">Show</button>
    </form>
  </div>`
}

function lines(visit: Visit, { name, currency }: AccountOverview, statement: Statement, isLater: boolean): SafeHtml {
  const { data, opening, closing, debits, credits, nextCursor } = statement
  if (data.length === 0 && isZero(opening) && isZero(closing))
    return empty(`Nothing was billed to ${name} in this time.`, 'Each invoice and each disbursement stands here.')
  const unit = html`<span class="unit">${currency}</span>`
  return html`<table class="stacked dense statement">
    <thead><tr><th scope="col">Posted</th><th scope="col">Date</th><th scope="col">Entry</th><th scope="col">Reference</th>
      <th scope="col" class="r">Charged ${unit}</th><th scope="col" class="r">Credited ${unit}</th><th scope="col" class="r">Balance ${unit}</th></tr></thead>
    <tbody>
      ${
        isLater
          ? ''
          : html`<tr class="edge"><td class="drop"></td><td class="drop"></td><th scope="row" colspan="2" class="first">Opening balance</th><td class="drop"></td><td class="drop"></td>
        <td class="r first">${bareMoney(opening)}</td></tr>`
      }
      ${data.map((entry) => line(visit, statement.accountId, entry))}
      ${
        nextCursor === null
          ? html`<tr class="final"><td class="drop"></td><td class="drop"></td><th scope="row" colspan="2" class="first">Closing balance</th>
              <td class="r" data-label="Charged">${bareMoney(debits)}</td><td class="r" data-label="credited">${bareMoney(credits)}</td>
              <td class="r first">${bareMoney(closing)}</td></tr>`
          : ''
      }
    </tbody>
  </table>`
}

/** On a document a moment has its date, even if that is today. */
const NEVER = new Date(0)

function line(visit: Visit, accountId: string, entry: StatementEntry): SafeHtml {
  const { at, date, kind, reference, debit, credit, balance } = entry
  const isInvoice = kind === 'invoice'
  return html`<tr><td class="nowrap">${moment(at, { ...visit, now: NEVER })}</td><td class="nowrap drop">${date}</td>
    <th scope="row" class="wide first">${isInvoice ? invoiceEntry(accountId, entry) : disbursementEntry(accountId, entry)}</th>
    <td class="drop">${reference === null ? '' : html`<code class="id">${reference}</code>`}</td>
    <td class="r${isInvoice ? '' : ' drop'}" data-label="Charged">${isInvoice ? bareMoney(debit) : ''}</td>
    <td class="r${isInvoice ? ' drop' : ''}" data-label="Credited">${isInvoice ? '' : bareMoney(credit)}</td>
    <td class="r wide" data-label="balance">${bareMoney(balance)}</td></tr>`
}

function invoiceEntry(accountId: string, { invoiceNumber, reversedCredits }: StatementEntry): SafeHtml {
  return html`<a href="${invoicePath(invoiceNumber)}">Invoice ${invoiceNumber}</a>${reversedCredits.map(
    ({ creditId, description, amount }) =>
      html`<span class="sub">with <a href="${creditPath(accountId, creditId)}">${description}</a>, ${amountText(amount)}</span>`,
  )}`
}

function disbursementEntry(
  accountId: string,
  { description, creditId, invoiceNumber, automatic }: StatementEntry,
): SafeHtml {
  const reason = description.replace(/, to invoice \d+$/, '')
  return html`<a href="${creditPath(accountId, creditId ?? '')}?tab=disbursements">${reason}</a>, to <a href="${invoicePath(invoiceNumber)}">invoice ${invoiceNumber}</a>
    <span class="quiet nowrap">${automatic ? 'by itself' : 'by hand'}</span>`
}

/** Conservation, rule 5 of the billing rules, with this account's own figures. */
function proof({ currency, accountId }: AccountOverview, { proof }: Statement): SafeHtml {
  const { owed, charged, reversed, disbursed, conserved } = proof
  const text = html`<b>${amountText(owed)}</b> owed now = ${amountText(charged)} charged${
    isZero(reversed) ? '' : html` + ${amountText(reversed)} reversed credits`
  } − ${amountText(disbursed)} disbursed, in ${currency}, over the account's whole life`
  if (conserved)
    return html`<p class="proof"><span>${text}</span> <span class="held"><span aria-hidden="true">✓</span> conserved (rule 5)</span></p>`
  return noticeBox({
    tone: 'bad',
    strong: `The books of ${accountId} do not add up.`,
    text: `${owed} ${currency} owed is not ${charged} charged + ${reversed} reversed − ${disbursed} disbursed. Have the whole database reconciled: it names what breaks the rule.`,
  })
}

/** A statement runs forward in time: its next page is later. */
function more({ url, query }: Visit, { nextCursor }: Statement): SafeHtml {
  if (nextCursor === null && !query.has('cursor')) return html``
  return html`<nav class="paging" aria-label="Pages">
    ${query.has('cursor') ? html`<a class="button" href="${withQuery(url, { cursor: undefined })}" data-hotkey="[">From the start</a>` : ''}
    ${nextCursor === null ? '' : html`<a class="button" href="${withQuery(url, { cursor: nextCursor })}" data-hotkey="]" rel="next">Later</a>`}
  </nav>`
}
