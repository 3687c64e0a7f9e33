import { html, type SafeHtml } from '@remix-run/html-template'
import type { BillRunTotal } from '../../api/types.ts'
import { Money } from '../../money.ts'
import { amountText, bareMoney, countText, isZero, less } from './money.ts'

/** Totals in one currency, of a run or of a preview. `owed`: of a preview alone. */
export type Totals = BillRunTotal & { readonly owed?: string }

/** Totals by currency, each beside what another run had, if one is given. */
export function totalsTable(totals: readonly Totals[], before?: readonly BillRunTotal[]): SafeHtml {
  const hasOwed = totals.some(({ owed }) => owed !== undefined)
  const gone = (before ?? []).filter(({ currency }) => !totals.some((total) => total.currency === currency))
  return html`<table class="stacked totals">
    <thead><tr><th scope="col">Currency</th><th scope="col" class="r">Invoices</th><th scope="col" class="r">Charged</th>
      <th scope="col" class="r">Credits issued</th><th scope="col" class="r">Disbursed</th><th scope="col" class="r">Credits reversed</th>${
        hasOwed ? html`<th scope="col" class="r">Would owe</th>` : ''
      }</tr></thead>
    <tbody>${totals.map((total) =>
      row(total, before && (before.find(({ currency }) => currency === total.currency) ?? 'new')),
    )}${gone.map(
      ({
        currency,
        invoices,
        charged,
      }) => html`<tr><th scope="row" class="first">${currency}</th><td class="r first" data-label="invoices">${countText(0)} <span class="delta">gone, ${countText(invoices)} before</span></td>
        <td class="r" data-label="charged">${bareMoney('0')} <span class="delta">gone, ${amountText(charged)} before</span></td><td class="drop" colspan="${hasOwed ? 4 : 3}"></td></tr>`,
    )}</tbody>
  </table>`
}

function row(total: Totals, before: BillRunTotal | 'new' | undefined): SafeHtml {
  const { currency, invoices, charged, creditsIssued, disbursed, creditsReversed, owed } = total
  const earlier = before === 'new' ? undefined : before
  const compare = (amount: string, then: string | undefined) =>
    before === undefined ? '' : delta(amount, then, currency)
  const counted = ({ count, amount }: BillRunTotal['creditsIssued'], then: string | undefined) =>
    html`${count === 0 ? '' : html`<span class="quiet">${countText(count)}:</span> `}${bareMoney(amount)} <span class="unit">${currency}</span>${compare(amount, then)}`
  return html`<tr><th scope="row" class="first">${currency}</th>
    <td class="r first" data-label="invoices">${countText(invoices)}${before === undefined ? '' : delta(String(invoices), earlier && String(earlier.invoices))}</td>
    <td class="r" data-label="charged">${bareMoney(charged)} <span class="unit">${currency}</span>${compare(charged, earlier?.charged)}</td>
    <td class="r" data-label="credits issued">${counted(creditsIssued, earlier?.creditsIssued.amount)}</td>
    <td class="r" data-label="disbursed">${bareMoney(disbursed)} <span class="unit">${currency}</span>${compare(disbursed, earlier?.disbursed)}</td>
    <td class="r" data-label="credits reversed">${counted(creditsReversed, earlier?.creditsReversed.amount)}</td>
    ${owed === undefined ? '' : html`<td class="r" data-label="would owe">${bareMoney(owed)} <span class="unit">${currency}</span></td>`}</tr>`
}

/** A difference of less than this is nothing to look at. */
const USUAL_PERCENT = 5

/** What an amount is more or less than before, and in per cent; a count when there is no currency. */
function delta(amount: string, before: string | undefined, currency?: string): SafeHtml {
  if (before === undefined) return html` <span class="delta unusual">new</span>`
  const by = currency === undefined ? new Money(amount).minus(before).toFixed() : less(amount, before, currency)
  if (isZero(by)) return html` <span class="delta">as before</span>`
  if (isZero(before)) return html` <span class="delta unusual">${signed(by)}, none before</span>`
  const percent = new Money(by).div(before).times(100)
  const unusual = percent.abs().gt(USUAL_PERCENT) ? ' unusual' : ''
  return html` <span class="delta${unusual}">${signed(by)}, ${signed(percent.toFixed(1))} %</span>`
}

const signed = (amount: string) => (amount.startsWith('-') ? amountText(amount) : `+${amountText(amount)}`)
