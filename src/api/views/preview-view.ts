import { sql } from 'kysely'
import { NEW_INVOICE } from '../../billing/disburse.ts'
import type { Tx } from '../../db/open.ts'
import type { PreviewedInvoice } from '../../ledger/invoices/preview-invoices.ts'
import { formatAmount } from '../../money.ts'
import type { PreviewedInvoiceView } from './invoice-view.ts'
import { presentTransaction } from './transaction-view.ts'

/** Presents invoices that would be made, with the descriptions that their transactions would bear. */
export async function presentPreview(
  tx: Tx,
  previewed: readonly PreviewedInvoice[],
): Promise<readonly PreviewedInvoiceView[]> {
  const sources = previewed.flatMap(({ lines }) => lines.map(({ sourceId }) => sourceId))
  const { rows } = await sql<{ id: string; text: string }>`
    select id, description as text from charge where id = any(${sources}::uuid[])
    union all select id, reason from credit where id = any(${sources}::uuid[])`.execute(tx)
  const textOf = new Map(rows.map(({ id, text }) => [id, text]))
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
      presentTransaction({ type, amount, source_id: sourceId, description: textOf.get(sourceId) ?? '' }, currency),
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
