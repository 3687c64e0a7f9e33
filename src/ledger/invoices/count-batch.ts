import { type Money, sum } from '../../money.ts'
import type { InvoiceToWrite } from './write-batch.ts'

/** The totals of a batch in one currency. */
export type BatchTotal = {
  readonly currency: string
  readonly invoices: number
  readonly charged: Money
  readonly creditsIssued: { readonly count: number; readonly amount: Money }
  readonly disbursed: Money
  readonly creditsReversed: { readonly count: number; readonly amount: Money }
}

/** An invoice as far as it is counted. */
export type PlannedInvoice = Pick<InvoiceToWrite, 'account' | 'state' | 'plan'>

export type BatchCounts = { readonly billed: number; readonly totals: readonly BatchTotal[] }

/** Counts and sums what a batch is about to write, by currency. */
export function countBatch(invoices: readonly PlannedInvoice[]): BatchCounts {
  const byCurrency = Map.groupBy(invoices, ({ account }) => account.currency)
  const totals = Array.from(byCurrency, ([currency, ofCurrency]) => ({
    currency,
    invoices: ofCurrency.length,
    charged: sum(ofCurrency.map(({ plan }) => plan.totalCharge)),
    creditsIssued: countAndSum(ofCurrency.flatMap(({ state }) => state.pending.credits)),
    disbursed: countAndSum(ofCurrency.flatMap(({ plan }) => plan.disbursements)).amount,
    creditsReversed: countAndSum(ofCurrency.flatMap(({ state }) => state.pending.reversals)),
  }))
  return { billed: invoices.length, totals }
}

const countAndSum = (items: readonly { readonly amount: Money }[]) => ({
  count: items.length,
  amount: sum(items.map(({ amount }) => amount)),
})
