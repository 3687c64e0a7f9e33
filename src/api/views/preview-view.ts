import { NEW_INVOICE } from '../../billing/disburse.ts'
import type { PreviewedInvoice } from '../../ledger/invoices/preview-invoices.ts'
import { formatAmount } from '../../money.ts'
import type { PreviewedInvoiceView } from './invoice-view.ts'
import { presentTransaction } from './transaction-view.ts'

/** Presents invoices that would be made. `descriptions`: what their lines are described by, by the ids of their sources. */
export function presentPreview(
  previewed: readonly PreviewedInvoice[],
  descriptions: ReadonlyMap<string, string>,
): PreviewedInvoiceView[] {
  return previewed.map(({ account: { key, currency }, plan, lines }) => ({
    accountId: key,
    currency,
    totalCharge: formatAmount(plan.totalCharge, currency),
    total: formatAmount(plan.total, currency),
    balance: formatAmount(plan.balance, currency),
    status: plan.balance.isZero() ? 'paid' : 'unpaid',
    issuedOn: plan.issuedOn,
    dueOn: plan.dueOn,
    transactions: lines.map(({ type, amount, sourceId }) =>
      presentTransaction(
        { type, amount, source_id: sourceId, description: descriptions.get(sourceId) ?? '' },
        currency,
      ),
    ),
    transactionCount: plan.transactionCount,
    disbursements: plan.disbursements.map((disbursement) => ({
      creditId: disbursement.creditId,
      invoiceId: disbursement.invoiceId === NEW_INVOICE ? null : disbursement.invoiceId,
      amount: formatAmount(disbursement.amount, currency),
      automatic: true,
    })),
  }))
}
