import { formatAmount, Money, minorUnit, parseAmount } from '../../money.ts'

/** How to write an amount that a person typed, when it is not valid: with what would be right. Undefined when it is. */
export function amountAdvice(text: string, currency: string): string | undefined {
  if (text === '') return `Write an amount in ${currency}`
  const amount = parseAmount(text, currency)
  if (typeof amount !== 'string') return undefined
  const plain = plainAmount(text)
  const decimals = minorUnit(currency) ?? 2
  if (plain === undefined) return 'Write it with digits and a point, such as 1250.00'
  if (plain.isZero()) return 'It must be more than zero'
  const [below, above] = [Money.ROUND_DOWN, Money.ROUND_UP].map((mode) =>
    plain.toDecimalPlaces(decimals, mode as 0 | 1),
  )
  const near = [below, above].flatMap((one) => (one === undefined || one.isZero() ? [] : [formatAmount(one, currency)]))
  if (plain.decimalPlaces() <= decimals) return `Write ${near[0]}`
  const has = decimals === 0 ? 'no decimals' : `${decimals} decimals`
  return `${currency} has ${has}: write ${[...new Set(near)].join(' or ')}`
}

/** The amount that was meant: thousands may be grouped by commas or blanks. */
function plainAmount(text: string): Money | undefined {
  const digits = text.replace(/(?<=\d)[, ](?=\d{3}(\D|$))/g, '')
  return /^\d{1,15}(\.\d{1,8})?$/.test(digits) ? new Money(digits) : undefined
}
