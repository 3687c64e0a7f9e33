import { type InvoicePlan, planInvoice } from '../../billing/plan-invoice.ts'
import { type Money, sum } from '../../money.ts'
import { type ProblemCode, Refusal } from '../../problems.ts'
import type { LockedAccount } from '../accounts/lock-accounts.ts'
import { type BatchTotal, countBatch, type PlannedInvoice } from './count-batch.ts'
import type { AccountToPlan } from './read-account-states.ts'

/** How many invoices of each currency are shown, and how many accounts of each reason to fail. */
export const MAX_LARGEST = 20
const MAX_NAMED = 5

/** The totals of a bill run in one currency as it would be, and what its new invoices would owe. */
export type PreviewedTotal = BatchTotal & { readonly owed: Money }

export type LargeInvoice = { readonly account: LockedAccount; readonly plan: InvoicePlan }

/** Accounts that could not be billed, for one reason. */
export type PreviewedFailure = {
  readonly code: ProblemCode
  readonly count: number
  readonly example: string
  /** The callers' keys of its first accounts. */
  readonly keys: readonly string[]
}

/** What a bill run would make of the accounts that were looked at so far. */
export type PreviewTally = {
  readonly accounts: number
  readonly billed: number
  readonly nothingToBill: number
  readonly totals: ReadonlyMap<string, PreviewedTotal>
  readonly failures: ReadonlyMap<string, PreviewedFailure>
  /** By currency, the largest total first. */
  readonly largest: ReadonlyMap<string, readonly LargeInvoice[]>
}

export const EMPTY_TALLY: PreviewTally = {
  accounts: 0,
  billed: 0,
  nothingToBill: 0,
  totals: new Map(),
  failures: new Map(),
  largest: new Map(),
}

/** Decides for each account as the bill run would, and adds it up. Its size does not grow with the accounts. */
export function addToTally(tally: PreviewTally, accounts: readonly AccountToPlan[], billDate: string): PreviewTally {
  const planned: PlannedInvoice[] = []
  const failures = new Map(tally.failures)
  let failed = 0
  for (const { account, state } of accounts) {
    try {
      const plan = planInvoice(state, billDate)
      if (plan) planned.push({ account, state, plan })
    } catch (error) {
      failed += 1
      addFailure(failures, account.key, error)
    }
  }
  const { billed, totals } = countBatch(planned)
  return {
    accounts: tally.accounts + accounts.length,
    billed: tally.billed + billed,
    nothingToBill: tally.nothingToBill + accounts.length - billed - failed,
    totals: addTotals(tally.totals, totals, planned),
    failures,
    largest: keepLargest(tally.largest, planned),
  }
}

function addFailure(failures: Map<string, PreviewedFailure>, key: string, error: unknown): void {
  const code = error instanceof Refusal ? error.code : 'internal_error'
  const message = error instanceof Error ? error.message : String(error)
  const before = failures.get(code) ?? { code, count: 0, example: message, keys: [] }
  const keys = before.keys.length < MAX_NAMED ? [...before.keys, key] : before.keys
  failures.set(code, { ...before, count: before.count + 1, keys })
}

function addTotals(
  before: PreviewTally['totals'],
  totals: readonly BatchTotal[],
  planned: readonly PlannedInvoice[],
): PreviewTally['totals'] {
  const owed = Map.groupBy(planned, ({ account }) => account.currency)
  const after = new Map(before)
  for (const total of totals) {
    const inBatch = { ...total, owed: sum((owed.get(total.currency) ?? []).map(({ plan }) => plan.balance)) }
    const earlier = after.get(total.currency)
    after.set(total.currency, earlier ? addTotal(earlier, inBatch) : inBatch)
  }
  return after
}

const addTotal = (a: PreviewedTotal, b: PreviewedTotal): PreviewedTotal => ({
  currency: a.currency,
  invoices: a.invoices + b.invoices,
  charged: a.charged.plus(b.charged),
  creditsIssued: addCounted(a.creditsIssued, b.creditsIssued),
  disbursed: a.disbursed.plus(b.disbursed),
  creditsReversed: addCounted(a.creditsReversed, b.creditsReversed),
  owed: a.owed.plus(b.owed),
})

type Counted = BatchTotal['creditsIssued']
const addCounted = (a: Counted, b: Counted): Counted => ({ count: a.count + b.count, amount: a.amount.plus(b.amount) })

function keepLargest(before: PreviewTally['largest'], planned: readonly PlannedInvoice[]): PreviewTally['largest'] {
  const after = new Map(before)
  for (const [currency, invoices] of Map.groupBy(planned, ({ account }) => account.currency)) {
    const kept = after.get(currency) ?? []
    const smallest = kept.length < MAX_LARGEST ? undefined : kept.at(-1)?.plan.total
    const larger = smallest ? invoices.filter(({ plan }) => plan.total.gt(smallest)) : invoices
    if (larger.length === 0) continue
    const added = larger.map(({ account, plan }) => ({ account, plan }))
    const sorted = [...kept, ...added].sort(
      (a, b) => b.plan.total.comparedTo(a.plan.total) || a.account.id - b.account.id,
    )
    after.set(currency, sorted.slice(0, MAX_LARGEST))
  }
  return after
}
