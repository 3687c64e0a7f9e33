import type { Money } from '../money.ts'

/** The charges that are on no invoice yet: a decision needs no more of them than this, however many there are. */
export type PendingCharges = { readonly sum: Money; readonly count: number }

/** A credit as a bill run reads it. `left` is its amount minus what has been disbursed of it. */
export type CreditState = {
  readonly id: string
  readonly amount: Money
  readonly left: Money
  readonly automatic: boolean
  /** When it was given, in ms since 1970: the oldest is disbursed first. */
  readonly createdAt: number
}

export type UnpaidInvoice = {
  readonly id: string
  readonly number: number
  /** YYYY-MM-DD */
  readonly dueOn: string
  readonly balance: Money
}

/** All that decides what a bill run makes of one account. */
export type AccountState = {
  /** The account's terms: an invoice is due this many days after it is issued. */
  readonly paymentTermsDays: number
  readonly pending: {
    /** With `chargedOn` up to the bill date. */
    readonly charges: PendingCharges
    /** Not yet attached to an invoice. */
    readonly credits: readonly CreditState[]
    /** Issued credits whose reversal has been asked for. */
    readonly reversals: readonly CreditState[]
  }
  /** Issued earlier, to be disbursed automatically, with something left. */
  readonly carried: readonly CreditState[]
  readonly unpaid: readonly UnpaidInvoice[]
}
