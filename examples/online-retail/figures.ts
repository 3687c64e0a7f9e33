import { Decimal } from 'decimal.js'
import type { BillingLine } from './parse-transactions.ts'

/** What is compared: amounts in pounds with two decimals. */
export type Figures = {
  readonly accounts: number
  readonly charges: number
  readonly credits: number
  readonly accountsWithCredits: number
  readonly credited: string
  /** What all accounts owe less what they are owed. */
  readonly net: string
}

/** The figures that the README of the sample gives. */
export const publishedFigures: Figures = {
  accounts: 323,
  charges: 7_607,
  credits: 100,
  accountsWithCredits: 40,
  credited: '3580.58',
  net: '144617.75',
}

/** The figures worked out from the file alone, without the billing system. */
export function figuresOfFile(lines: readonly BillingLine[]): Figures {
  const charges = lines.filter(({ kind }) => kind === 'charge')
  const credits = lines.filter(({ kind }) => kind === 'credit')
  return {
    accounts: accountsOf(lines).length,
    charges: charges.length,
    credits: credits.length,
    accountsWithCredits: accountsOf(credits).length,
    credited: sumOfAmounts(credits.map(({ amount }) => amount)).toFixed(2),
    net: sumOfAmounts([...netByAccount(lines).values()]).toFixed(2),
  }
}

/** What each account owes, negative where it is owed, after everything in the file. */
export function netByAccount(lines: readonly BillingLine[]): ReadonlyMap<string, Decimal> {
  const net = new Map<string, Decimal>()
  for (const { accountId, kind, amount } of lines) {
    const before = net.get(accountId) ?? new Decimal(0)
    net.set(accountId, kind === 'charge' ? before.plus(amount) : before.minus(amount))
  }
  return net
}

export function accountsOf(lines: readonly { readonly accountId: string }[]): readonly string[] {
  return [...new Set(lines.map(({ accountId }) => accountId))]
}

export function sumOfAmounts(amounts: readonly (string | Decimal)[]): Decimal {
  return amounts.reduce<Decimal>((sum, amount) => sum.plus(amount), new Decimal(0))
}
