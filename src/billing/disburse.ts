import { Money } from '../money.ts'
import type { CreditState } from './account-state.ts'

/** A placeholder for the id of the new invoice. */
export const NEW_INVOICE = 'new'

/** An unpaid invoice, or the new one. */
export type OpenInvoice = {
  /** Its id, or NEW_INVOICE. */
  readonly id: string
  readonly dueOn: string
  /** Infinity for the new invoice: its number is not known yet, and will be the highest. */
  readonly number: number
  readonly balance: Money
}

/** A part of a credit that is disbursed to an invoice. */
export type PlannedDisbursement = { readonly creditId: string; readonly invoiceId: string; readonly amount: Money }

const oldestCreditFirst = (a: CreditState, b: CreditState) =>
  a.createdAt - b.createdAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

const oldestDueFirst = (a: OpenInvoice, b: OpenInvoice) =>
  a.dueOn < b.dueOn ? -1 : a.dueOn > b.dueOn ? 1 : a.number - b.number

/**
 * Disburses credits to unpaid invoices: the oldest credit first, to the invoice with the oldest due date first. Each disbursement is the
 * lesser of what the credit has left and what the invoice owes (docs/domain.md, "Billing one account", 5).
 */
export function disburseOldestFirst(
  credits: readonly CreditState[],
  invoices: readonly OpenInvoice[],
): readonly PlannedDisbursement[] {
  if (credits.length === 0) return []
  const disbursements: PlannedDisbursement[] = []
  const owed = invoices.toSorted(oldestDueFirst).map(({ id, balance }) => ({ id, balance }))
  let first = 0
  for (const credit of credits.toSorted(oldestCreditFirst)) {
    let left = credit.left
    while (first < owed.length && !left.isZero()) {
      const invoice = owed[first] as (typeof owed)[number]
      const amount = Money.min(left, invoice.balance)
      if (!amount.isZero()) disbursements.push({ creditId: credit.id, invoiceId: invoice.id, amount })
      left = left.minus(amount)
      invoice.balance = invoice.balance.minus(amount)
      if (invoice.balance.isZero()) first += 1
    }
  }
  return disbursements
}
