/** `1234567.50` of `GBP` as `1,234,567.50 GBP`. Works on the digits, so that nothing is ever rounded. */
export function formatMoney(amount: string, currency: string): string {
  return `${groupThousands(amount)} ${currency}`
}

/** `1234567` as `1,234,567`; decimals stay as they are. */
export function groupThousands(amount: string | number): string {
  const [whole = '', decimals] = String(amount).split('.')
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ',')
  return decimals === undefined ? grouped : `${grouped}.${decimals}`
}
