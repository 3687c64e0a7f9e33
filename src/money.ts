import { Decimal } from 'decimal.js'

/**
 * An exact amount of money, in the currency of some account. 60 significant digits are enough for the sum of a billion of the largest
 * amounts with four decimals, so additions and subtractions never round.
 */
export const Money = Decimal.clone({ precision: 60, toExpNeg: -100, toExpPos: 100 })
export type Money = Decimal

export const ZERO: Money = new Money(0)

/** Adds up amounts of one currency. The sum of no amounts is zero. */
export const sum = (amounts: readonly Money[]): Money => amounts.reduce(plus, ZERO)

/** Adds two amounts. Returns the same object when there is nothing to add, as for most sums. */
const plus = (total: Money, amount: Money): Money =>
  amount === ZERO ? total : total === ZERO ? amount : total.plus(amount)

/** The maximum number of digits before the point (docs/domain.md, Money). */
const MAX_INTEGER_DIGITS = 15

// ISO 4217, list one as published on 2026-01-01 (https://www.six-group.com/en/products-services/financial-information/data-standards.html),
// without entries that have no minor unit (metals, XXX and the like), and without XAD, a unit of account of one institution. A currency
// that is withdrawn later stays here for as long as an account may have it.

/** The decimals of currencies whose minor unit does not have two. */
const OTHER_MINOR_UNITS: Readonly<Record<string, number>> = {
  BIF: 0,
  CLP: 0,
  DJF: 0,
  GNF: 0,
  ISK: 0,
  JPY: 0,
  KMF: 0,
  KRW: 0,
  PYG: 0,
  RWF: 0,
  UGX: 0,
  UYI: 0,
  VND: 0,
  VUV: 0,
  XAF: 0,
  XOF: 0,
  XPF: 0,
  BHD: 3,
  IQD: 3,
  JOD: 3,
  KWD: 3,
  LYD: 3,
  OMR: 3,
  TND: 3,
  CLF: 4,
  UYW: 4,
}

const TWO_DECIMALS =
  'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU ' +
  'CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES ' +
  'KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR ' +
  'NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP ' +
  'TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG'

/** The decimals of every currency, by its ISO 4217 code. */
export const MINOR_UNITS: ReadonlyMap<string, number> = new Map([
  ...TWO_DECIMALS.split(' ').map((code) => [code, 2] as const),
  ...Object.entries(OTHER_MINOR_UNITS),
])

/** The decimals of a currency's ISO 4217 minor unit (USD 2, JPY 0, KWD 3), or undefined when it is no currency. */
export function minorUnit(currency: string): number | undefined {
  return MINOR_UNITS.get(currency)
}

/** The form of an amount: digits without sign, leading zero or exponent. How many decimals are allowed depends on the currency. */
export const AMOUNT_PATTERN = '^(0|[1-9][0-9]{0,14})(\\.[0-9]{1,4})?$'
const AMOUNT = new RegExp(AMOUNT_PATTERN)

export type AmountError = string

/**
 * Parses an amount that a caller gave: greater than zero, with at most 15 digits before the point and at most the currency's decimals after
 * it. Never rounds. Returns a reason in words, as a string, when the text is not valid.
 */
export function parseAmount(text: string, currency: string): Money | AmountError {
  const scale = minorUnit(currency)
  if (scale === undefined) return `must be in an ISO 4217 currency, which ${currency} is not`
  if (!AMOUNT.test(text)) {
    return `must be a decimal string such as "50" or "12.5", with at most ${MAX_INTEGER_DIGITS} digits before the point`
  }
  const decimals = text.includes('.') ? text.length - text.indexOf('.') - 1 : 0
  if (decimals > scale) return `must have at most the ${scale} decimals of ${currency}, and has ${decimals}`
  const amount = new Money(text)
  return amount.isZero() ? 'must be greater than zero' : amount
}

/** Formats an amount with all decimals of its currency: "50.00" in USD, "50" in JPY. Throws when it has more decimals than that. */
export function formatAmount(amount: Money | string, currency: string): string {
  const scale = minorUnit(currency) ?? 2
  const exact = new Money(amount)
  if (exact.decimalPlaces() > scale) throw new RangeError(`${exact.toString()} has more decimals than ${currency} has`)
  return exact.toFixed(scale)
}
