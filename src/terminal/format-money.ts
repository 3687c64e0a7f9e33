/** Formats `1234567.50` and `GBP` as `1,234,567.50 GBP`. Works on the digits, so that nothing is rounded. */
export function formatMoney(amount: string, currency: string): string {
  return `${groupThousands(amount)} ${currency}`
}

/** Formats `1234567` as `1,234,567`. Decimals stay as they are. */
export function groupThousands(amount: string | number): string {
  const [whole = '', decimals] = String(amount).split('.')
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ',')
  return decimals === undefined ? grouped : `${grouped}.${decimals}`
}
