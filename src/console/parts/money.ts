import { html, type SafeHtml } from '@remix-run/html-template'
import { formatAmount, Money } from '../../money.ts'

/** `1234567.50` as `1,234,567.50`, with a true minus. Works on the digits, so that nothing is rounded. */
export function amountText(amount: string): string {
  const [whole = '', decimals] = amount.replace('-', '').split('.')
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ',')
  return `${amount.startsWith('-') ? '−' : ''}${grouped}${decimals === undefined ? '' : `.${decimals}`}`
}

/** A whole number with its thousands grouped. */
export const countText = (count: number): string => amountText(String(count))

/** An amount as text with its currency: `50.00 USD`. For buttons, notices and titles. */
export const moneyText = (amount: string, currency: string): string => `${amountText(amount)} ${currency}`

/** An amount, a decimal string, with its currency small beside it. Zero is grey. */
export function money(amount: string, currency: string): SafeHtml {
  return html`${bareMoney(amount)} <span class="unit">${currency}</span>`
}

/** An amount where the table's head says the currency. */
export function bareMoney(amount: string): SafeHtml {
  return html`<span class="${isZero(amount) ? 'zero' : 'money'}">${amountText(amount)}</span>`
}

/** The smaller of two amounts of one currency, in that currency's decimals. */
export const smaller = (one: string, other: string, currency: string): string =>
  formatAmount(Money.min(one, other), currency)

/** One amount less another, in their currency's decimals. */
export const less = (amount: string, other: string, currency: string): string =>
  formatAmount(new Money(amount).minus(other), currency)

export const isZero = (amount: string): boolean => new Money(amount).isZero()
