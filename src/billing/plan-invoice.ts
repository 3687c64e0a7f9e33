import { type Money, sum } from '../money.ts'
import type { AccountState, CreditState, UnpaidInvoice } from './account-state.ts'
import { addDays } from './add-days.ts'
import { act, type CreditAction, type CreditStatus } from './credit-life.ts'
import { disburseOldestFirst, NEW_INVOICE, type PlannedDisbursement } from './disburse.ts'
import { totalOf } from './entries.ts'

/** The new state of a credit. */
export type PlannedCredit = {
  readonly id: string
  readonly status: CreditStatus
  /** Its kind of entry on the new invoice; undefined when it is only disbursed further. */
  readonly entry: 'credit' | 'reversed_credit' | undefined
  /** The sum of all its disbursements, old and new. */
  readonly disbursed: Money
}

/** The new balance of an older invoice. */
export type PlannedBalance = { readonly invoiceId: string; readonly balance: Money }

/** Everything that a bill run writes for one account. NEW_INVOICE stands for the id of the new invoice. */
export type InvoicePlan = {
  /** YYYY-MM-DD */
  readonly issuedOn: string
  readonly dueOn: string
  readonly totalCharge: Money
  readonly total: Money
  /** What the new invoice owes after its disbursements. */
  readonly balance: Money
  /** The number of its charges, credits and reversals. */
  readonly transactionCount: number
  readonly disbursements: readonly PlannedDisbursement[]
  readonly credits: readonly PlannedCredit[]
  readonly olderInvoices: readonly PlannedBalance[]
}

/**
 * Decides what a bill run writes for one account, by the rules of "Billing one account" in docs/domain.md. Pure: the same state and date
 * give the same plan, so a preview is this function without the write. Returns undefined when nothing is pending.
 */
export function planInvoice(state: AccountState, billDate: string): InvoicePlan | undefined {
  const { charges, credits, reversals } = state.pending
  const transactionCount = charges.count + credits.length + reversals.length
  if (transactionCount === 0) return undefined

  const dueOn = addDays(billDate, state.paymentTermsDays)
  const total = totalOf({ charge: charges.sum, reversed_credit: sumOf(reversals), credit: sumOf(credits) })

  // What a reversed credit has left is disbursed to its own reversal. So the account ends up as if the credit had never been given, however
  // much of it was disbursed before. Nothing else is disbursed to that part of the invoice's balance.
  const closing = reversals
    .filter(({ left }) => !left.isZero())
    .map((credit) => ({ creditId: credit.id, invoiceId: NEW_INVOICE, amount: credit.left }))
  const opened = { id: NEW_INVOICE, number: Number.POSITIVE_INFINITY, dueOn, balance: lessDisbursed(total, closing) }
  const automatic = [...state.carried, ...credits].filter((credit) => credit.automatic)
  const disbursements = [...closing, ...disburseOldestFirst(automatic, [...state.unpaid, opened])]

  const toInvoice = groupBy(disbursements, ({ invoiceId }) => invoiceId)
  const ofCredit = groupBy(disbursements, ({ creditId }) => creditId)
  return {
    issuedOn: billDate,
    dueOn,
    totalCharge: charges.sum,
    total,
    balance: lessDisbursed(total, toInvoice.get(NEW_INVOICE) ?? []),
    transactionCount,
    disbursements,
    credits: planCredits(state, ofCredit),
    olderInvoices: planBalances(state.unpaid, toInvoice),
  }
}

type Disbursements = ReadonlyMap<string, readonly PlannedDisbursement[]>
const NONE: Disbursements = new Map()

/** Like Map.groupBy, but cheap when there are no disbursements, as for most accounts. */
const groupBy = (
  disbursements: readonly PlannedDisbursement[],
  key: (disbursement: PlannedDisbursement) => string,
): Disbursements => (disbursements.length === 0 ? NONE : Map.groupBy(disbursements, key))

function planCredits({ pending, carried }: AccountState, ofCredit: Disbursements): readonly PlannedCredit[] {
  const plan = (credit: CreditState, status: CreditStatus, entry: PlannedCredit['entry']): PlannedCredit => ({
    id: credit.id,
    status,
    entry,
    disbursed: credit.amount.minus(lessDisbursed(credit.left, ofCredit.get(credit.id) ?? [])),
  })
  return [
    ...pending.credits.map((credit) => plan(credit, ATTACHED, 'credit')),
    ...pending.reversals.map((credit) => plan(credit, REVERSED, 'reversed_credit')),
    ...carried.filter(({ id }) => ofCredit.has(id)).map((credit) => plan(credit, DISBURSED, undefined)),
  ]
}

const ATTACHED = statusAfter('pending', 'attach')
const REVERSED = statusAfter('reversal_pending', 'apply_reversal')
const DISBURSED = statusAfter('issued', 'disburse')

function statusAfter(status: CreditStatus, action: CreditAction): CreditStatus {
  const after = act(status, action)
  if (typeof after !== 'string') throw new Error(`a bill run cannot ${action} a credit that is ${status}`)
  return after
}

const planBalances = (unpaid: readonly UnpaidInvoice[], toInvoice: Disbursements): readonly PlannedBalance[] =>
  unpaid
    .filter(({ id }) => toInvoice.has(id))
    .map(({ id, balance }) => ({ invoiceId: id, balance: lessDisbursed(balance, toInvoice.get(id) ?? []) }))

const sumOf = (credits: readonly CreditState[]) => sum(credits.map(({ amount }) => amount))

/** What a credit has left, or an invoice owes, after these disbursements. Throws when the result is below zero. */
export function lessDisbursed(before: Money, disbursed: readonly { readonly amount: Money }[]): Money {
  const after = disbursed.reduce((left, { amount }) => left.minus(amount), before)
  if (!after.isNegative()) return after
  throw new Error(`${sum(disbursed.map(({ amount }) => amount)).toString()} disbursed of ${before.toString()}`)
}
