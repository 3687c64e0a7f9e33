/** Whole minor units: what the driver reckons with. Nothing here is the product's own arithmetic. */

export const DECIMALS: Readonly<Record<string, number>> = { USD: 2, EUR: 2, JPY: 0, KWD: 3 }

/** 1234 with 2 decimals as `12.34`. */
export function writeMinor(amount: bigint, decimals: number): string {
  const digits = amount.toString().padStart(decimals + 1, '0')
  return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}

/** `12.34` with 2 decimals as 1234. Throws for what has another form, more decimals included. */
export function readMinor(text: string, decimals: number): bigint {
  const [, whole, , fraction = ''] = /^(\d+)(\.(\d+))?$/.exec(text) ?? []
  if (whole === undefined || fraction.length > decimals)
    throw new Error(`${text} is no amount with ${decimals} decimals`)
  return BigInt(whole + fraction.padEnd(decimals, '0'))
}

export const total = (amounts: readonly bigint[]) => amounts.reduce((sum, amount) => sum + amount, 0n)
