import type { Money } from '../money.ts'

export type DisbursementRefusal =
  | 'credit_not_issued'
  | 'credit_reversal_pending'
  | 'invoice_of_other_account'
  | 'amount_exceeds_credit_left'
  | 'amount_exceeds_invoice_balance'

/** Decides whether some of a credit may be disbursed to an invoice by hand; undefined when it may (domain.md, "A credit's life"). */
export function checkDisbursement(
  credit: { readonly accountId: number; readonly status: string; readonly left: Money },
  invoice: { readonly accountId: number; readonly balance: Money },
  amount: Money,
): DisbursementRefusal | undefined {
  if (credit.status === 'reversal_pending') return 'credit_reversal_pending'
  if (credit.status !== 'issued') return 'credit_not_issued'
  if (invoice.accountId !== credit.accountId) return 'invoice_of_other_account'
  if (amount.greaterThan(credit.left)) return 'amount_exceeds_credit_left'
  if (amount.greaterThan(invoice.balance)) return 'amount_exceeds_invoice_balance'
  return undefined
}
