import type { Money } from '../money.ts'

export type DisbursementRefusal =
  | 'invoice_of_other_account'
  | 'amount_exceeds_credit_left'
  | 'amount_exceeds_invoice_balance'

/** Decides whether a part of an issued credit may be disbursed to an invoice by hand. Returns undefined when it may. */
export function checkDisbursement(
  credit: { readonly accountId: number; readonly left: Money },
  invoice: { readonly accountId: number; readonly balance: Money },
  amount: Money,
): DisbursementRefusal | undefined {
  if (invoice.accountId !== credit.accountId) return 'invoice_of_other_account'
  if (amount.greaterThan(credit.left)) return 'amount_exceeds_credit_left'
  if (amount.greaterThan(invoice.balance)) return 'amount_exceeds_invoice_balance'
  return undefined
}
