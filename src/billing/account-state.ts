import type { Money } from '../money.ts'

/** The charges that are on no invoice yet. Their sum and count are all that a decision needs. */
export type PendingCharges = { readonly sum: Money; readonly count: number }

/** A credit as a bill run reads it. `left` is its amount minus its disbursements. */
export type CreditState = {
  readonly id: string
  readonly amount: Money
  readonly left: Money
  readonly automatic: boolean
  /** In ms since 1970. The oldest credit is disbursed first. */
  readonly createdAt: number
}

export type UnpaidInvoice = {
  readonly id: string
  readonly number: number
  /** YYYY-MM-DD */
  readonly dueOn: string
  readonly balance: Money
}

/** Everything about one account that planInvoice decides by. */
export type AccountState = {
  /** An invoice is due this many days after it is issued. */
  readonly paymentTermsDays: number
  readonly pending: {
    /** Those dated up to the bill date. */
    readonly charges: PendingCharges
    /** Not yet attached to an invoice. */
    readonly credits: readonly CreditState[]
    /** Issued credits that are to be reversed. */
    readonly reversals: readonly CreditState[]
  }
  /** Automatic credits that were issued earlier and have something left. */
  readonly carried: readonly CreditState[]
  readonly unpaid: readonly UnpaidInvoice[]
}
