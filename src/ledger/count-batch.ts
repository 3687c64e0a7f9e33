import { type Money, ZERO } from '../money.ts'
import type { InvoiceToWrite } from './write-invoices.ts'

/** What a batch did in one currency. */
export type BatchTotal = {
  readonly currency: string
  readonly invoices: number
  readonly charged: Money
  readonly creditsIssued: { readonly count: number; readonly amount: Money }
  readonly disbursed: Money
  readonly creditsReversed: { readonly count: number; readonly amount: Money }
}

export type BatchCounts = { readonly billed: number; readonly totals: readonly BatchTotal[] }

/** Counts what a batch is about to write, by currency. */
export function countBatch(invoices: readonly InvoiceToWrite[]): BatchCounts {
  const totals = new Map<string, BatchTotal>()
  for (const { account, state, plan } of invoices) {
    const so = totals.get(account.currency) ?? nothing(account.currency)
    const { credits, reversals } = state.pending
    totals.set(account.currency, {
      currency: account.currency,
      invoices: so.invoices + 1,
      charged: so.charged.plus(plan.totalCharge),
      creditsIssued: { count: so.creditsIssued.count + credits.length, amount: add(so.creditsIssued.amount, credits) },
      disbursed: add(so.disbursed, plan.disbursements),
      creditsReversed: {
        count: so.creditsReversed.count + reversals.length,
        amount: add(so.creditsReversed.amount, reversals),
      },
    })
  }
  return { billed: invoices.length, totals: [...totals.values()] }
}

function nothing(currency: string): BatchTotal {
  const none = { count: 0, amount: ZERO }
  return { currency, invoices: 0, charged: ZERO, creditsIssued: none, disbursed: ZERO, creditsReversed: none }
}

const add = (sum: Money, items: readonly { readonly amount: Money }[]) =>
  items.reduce((so, { amount }) => so.plus(amount), sum)
