import { type Money, sum } from '../money.ts'
import type { AccountState, CreditState } from './account-state.ts'
import { disburseOldestFirst, NEW_INVOICE, type PlannedDisbursement } from './disburse.ts'
import { addDays } from './due-date.ts'

export type PlannedTransaction = {
  readonly type: 'charge' | 'credit' | 'reversed_credit'
  readonly amount: Money
  /** The charge's id, or the credit's. */
  readonly sourceId: string
}

/** What a bill run makes of one account. The new invoice is called NEW_INVOICE in its disbursements. */
export type InvoicePlan = {
  /** YYYY-MM-DD */
  readonly issuedOn: string
  readonly dueOn: string
  readonly totalCharge: Money
  readonly total: Money
  /** What the new invoice owes after its disbursements. */
  readonly balance: Money
  readonly transactions: readonly PlannedTransaction[]
  readonly disbursements: readonly PlannedDisbursement[]
}

/**
 * Decides what a bill run makes of one account: the rules of "Billing one account" in domain.md.
 * Pure: the same state and date give the same plan, so a preview is this function without the write.
 * Returns undefined when nothing is pending.
 */
export function planInvoice(state: AccountState, billDate: string): InvoicePlan | undefined {
  const { charges, credits, reversals } = state.pending
  if (charges.length + credits.length + reversals.length === 0) return undefined

  const dueOn = addDays(billDate, state.paymentTermsDays)
  const totalCharge = sum(amountsOf(charges))
  const total = sum([totalCharge, ...amountsOf(reversals)])

  // What a reversed credit has left closes against its own reversal: the account ends where it would be had the credit
  // never been given, however much of it had been disbursed. Nothing else touches that part of the invoice's balance.
  const closing = reversals
    .filter(hasLeft)
    .map((credit) => ({ creditId: credit.id, invoiceId: NEW_INVOICE, amount: credit.left }))
  const opened = {
    id: NEW_INVOICE,
    number: Number.POSITIVE_INFINITY,
    dueOn,
    balance: lessDisbursed(total, amountsOf(closing)),
  }
  const automatic = disburseOldestFirst([...state.carried, ...credits].filter(isAutomatic), [...state.unpaid, opened])

  const disbursements = [...closing, ...automatic]
  return {
    issuedOn: billDate,
    dueOn,
    totalCharge,
    total,
    balance: lessDisbursed(total, amountsOf(disbursements.filter(({ invoiceId }) => invoiceId === NEW_INVOICE))),
    transactions: [
      ...charges.map(({ id, amount }) => ({ type: 'charge' as const, amount, sourceId: id })),
      ...reversals.map(({ id, amount }) => ({ type: 'reversed_credit' as const, amount, sourceId: id })),
      ...credits.map(({ id, amount }) => ({ type: 'credit' as const, amount, sourceId: id })),
    ],
    disbursements,
  }
}

const isAutomatic = (credit: CreditState) => credit.automatic
const hasLeft = (credit: CreditState) => !credit.left.isZero()
const amountsOf = (items: readonly { readonly amount: Money }[]) => items.map(({ amount }) => amount)

/** What a credit has left after some disbursements of it, or an invoice owes after some to it. Throws if that went below zero. */
export function lessDisbursed(before: Money, disbursed: readonly Money[]): Money {
  const after = disbursed.reduce((left, amount) => left.minus(amount), before)
  if (after.isNegative()) throw new Error(`${sum(disbursed).toString()} disbursed of ${before.toString()}`)
  return after
}
