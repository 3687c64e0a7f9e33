import { html, type SafeHtml } from '@remix-run/html-template'
import type { BillRun, GroupPreview, PreviewedInvoice } from '../../api/types.ts'
import { formatAmount, Money } from '../../money.ts'
import type { Visit } from '../visit.ts'
import { empty } from './empty.ts'
import { figures } from './figures.ts'
import { idempotencyField } from './form.ts'
import { ICONS } from './icons.ts'
import { bareMoney, countText, money } from './money.ts'
import { accountPath, billRunPath } from './paths.ts'
import { hiddenFields, type RunForm } from './run-form.ts'
import { totalsTable } from './run-totals.ts'
import { clockText, dayThisYear, plural } from './time.ts'

/** What a run of a group would make, beside what the run before made, and the button that starts it. */
export function previewedGroup(
  visit: Visit,
  form: RunForm,
  preview: GroupPreview,
  before: BillRun | undefined,
): SafeHtml {
  const { counts, totals, warnings, failures, largest, computedAt } = preview
  return html`${warnings.map(
    ({ message, billRunId }) =>
      html`<div class="notice warn">${ICONS.warn}<p>${message}${/[.?]$/.test(message) ? '' : '.'}${billRunId === null ? '' : html` <a href="${billRunPath(billRunId)}">Look at it</a>`}</p></div>`,
  )}
    ${figures([
      {
        label: 'Would be billed',
        value: html`${countText(counts.billed)}`,
        note: counts.billed === 1 ? 'account' : 'accounts',
      },
      { label: 'Nothing to bill', value: counted(counts.nothingToBill) },
      { label: 'Would fail', value: counted(counts.wouldFail) },
      {
        label: 'Computed at',
        value: html`${clockText(new Date(computedAt), visit.preferences.zone, true)}`,
        note: 'nothing was written',
      },
    ])}
    ${startForm(form, preview.billDate, counts.billed)}
    <section class="sheet" aria-labelledby="totals-title">
      <header><h2 id="totals-title">Totals</h2>${
        before === undefined
          ? ''
          : html`<span class="hint">against the run of <a href="${billRunPath(before.billRunId)}">${dayThisYear(before.billDate, visit)}</a></span>`
      }</header>
      ${totals.length === 0 ? empty('Nothing is pending up to this date, so no invoice would be made.') : html`<div class="scroll" tabindex="0" role="region" aria-label="Totals by currency">${totalsTable(totals, before?.totals)}</div>`}
    </section>
    ${failures.length === 0 ? '' : wouldFail(failures)}
    ${largest.length === 0 ? '' : largestInvoices(largest)}`
}

const counted = (count: number) => (count === 0 ? html`<span class="zero">0</span>` : html`${countText(count)}`)

/** The button that starts what was previewed. What arrives until then is billed too. */
function startForm(form: RunForm, billDate: string, accounts: number): SafeHtml {
  const text =
    accounts === 0
      ? `Start it all the same, as of ${billDate}`
      : `Start: bill ${plural(accounts, 'account')} as of ${billDate}`
  return html`<form class="start" method="post" action="/bill-runs/new">${idempotencyField()}${hiddenFields({ ...form, date: billDate })}
    <button class="button primary">${text}</button> <span class="hint">What arrives until you start is billed too.</span></form>`
}

function wouldFail(failures: GroupPreview['failures']): SafeHtml {
  return html`<section class="sheet" aria-labelledby="fail-title"><header><h2 id="fail-title">Would fail</h2></header>
    <table class="stacked"><thead><tr><th scope="col">Reason</th><th scope="col" class="r">Accounts</th></tr></thead>
    <tbody>${failures.map(
      ({ title, example, count, accountIds }) =>
        html`<tr><th scope="row" class="first"><b>${title}</b><div class="hint">${example}: ${accountIds.map(
          (accountId, index) => html`${index === 0 ? '' : ', '}<a href="${accountPath(accountId)}">${accountId}</a>`,
        )}</div></th><td class="r first">${countText(count)}</td></tr>`,
    )}</tbody></table></section>`
}

function largestInvoices(largest: GroupPreview['largest']): SafeHtml {
  return html`<section class="sheet" aria-labelledby="largest-title"><header><h2 id="largest-title">The largest invoices</h2></header>
    <table class="stacked"><thead><tr><th scope="col">Account</th><th scope="col" class="r">Charged</th><th scope="col" class="r">Total</th><th scope="col" class="r">Would owe</th></tr></thead>
    <tbody>${largest.map(
      ({ accountId, name, currency, totalCharge, total, balance }) => html`<tr class="rows">
        <th scope="row" class="first"><a class="row" href="${accountPath(accountId)}">${name}</a>${name === accountId ? '' : html` <code class="id">${accountId}</code>`}</th>
        <td class="r" data-label="charged">${bareMoney(totalCharge)} <span class="unit">${currency}</span></td>
        <td class="r first">${money(total, currency)}</td><td class="r" data-label="would owe">${money(balance, currency)}</td></tr>`,
    )}</tbody></table></section>`
}

/** What a run of named accounts would make: their invoices, and the sum of them. */
export function previewedAccounts(visit: Visit, form: RunForm, invoices: readonly PreviewedInvoice[]): SafeHtml {
  const billDate = invoices[0]?.issuedOn ?? form.date ?? ''
  return html`${figures([
    {
      label: 'Would be billed',
      value: html`${countText(invoices.length)}`,
      note: invoices.length === 1 ? 'account' : 'accounts',
    },
    {
      label: 'Computed at',
      value: html`${clockText(visit.now, visit.preferences.zone, true)}`,
      note: 'nothing was written',
    },
  ])}
    ${startForm(form, billDate, invoices.length)}
    ${
      invoices.length === 0
        ? html`<section class="sheet" aria-label="Totals">${empty('None of them has anything pending up to this date, so no invoice would be made.')}</section>`
        : html`<section class="sheet" aria-labelledby="totals-title"><header><h2 id="totals-title">Totals</h2></header><div class="scroll" tabindex="0" role="region" aria-label="Totals by currency">${sumsOf(invoices)}</div></section>
          ${largestInvoices(largestOf(invoices))}`
    }`
}

/** The twenty largest of each currency. Their accounts were named by their keys. */
function largestOf(invoices: readonly PreviewedInvoice[]): GroupPreview['largest'] {
  return [...Map.groupBy(invoices, ({ currency }) => currency)].flatMap(([, ofCurrency]) =>
    ofCurrency
      .toSorted((a, b) => new Money(b.total).comparedTo(a.total))
      .slice(0, 20)
      .map((invoice) => ({ ...invoice, name: invoice.accountId })),
  )
}

/** The sums of previewed invoices by currency. */
function sumsOf(invoices: readonly PreviewedInvoice[]): SafeHtml {
  const rows = [...Map.groupBy(invoices, ({ currency }) => currency)].map(([currency, ofCurrency]) => {
    const add = (amounts: readonly string[]) =>
      formatAmount(
        amounts.reduce((sum, amount) => sum.plus(amount), new Money(0)),
        currency,
      )
    const disbursed = ofCurrency.flatMap(({ disbursements }) => disbursements.map(({ amount }) => amount))
    return html`<tr><th scope="row" class="first">${currency}</th><td class="r first" data-label="invoices">${countText(ofCurrency.length)}</td>
      <td class="r" data-label="charged">${money(add(ofCurrency.map(({ totalCharge }) => totalCharge)), currency)}</td>
      <td class="r" data-label="total">${money(add(ofCurrency.map(({ total }) => total)), currency)}</td>
      <td class="r" data-label="disbursed">${money(add(disbursed), currency)}</td>
      <td class="r" data-label="would owe">${money(add(ofCurrency.map(({ balance }) => balance)), currency)}</td></tr>`
  })
  return html`<table class="stacked totals"><thead><tr><th scope="col">Currency</th><th scope="col" class="r">Invoices</th><th scope="col" class="r">Charged</th>
    <th scope="col" class="r">Total</th><th scope="col" class="r">Disbursed</th><th scope="col" class="r">Would owe</th></tr></thead><tbody>${rows}</tbody></table>`
}
