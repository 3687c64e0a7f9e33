import { NEW_INVOICE } from '../../billing/disburse.ts'
import { planInvoice } from '../../billing/plan-invoice.ts'
import { newId } from '../../db/new-id.ts'
import type { Tx } from '../../db/open.ts'
import { lockAccounts } from '../accounts/lock-accounts.ts'
import { type BatchToBill, closeBatch } from '../bill-runs/batches.ts'
import { type BatchRows, type InvoiceToWrite, rowsOf } from './batch-rows.ts'
import { type BatchCounts, countBatch } from './count-batch.ts'
import { readAccountStates } from './read-account-states.ts'
import {
  settleCredits,
  settleOlderInvoices,
  writeCharges,
  writeCredits,
  writeDisbursements,
  writeInvoices,
} from './write-invoices.ts'

/**
 * Bills a batch of accounts in one transaction: lock, read, decide, write. A batch is closed in the transaction that bills it,
 * so a repeated delivery finds it closed and changes nothing. The counts are written with the invoices and cannot drift.
 */
export async function billAccounts(tx: Tx, batch: BatchToBill): Promise<void> {
  const { counts, rows } = await decide(tx, batch)
  if (!(await closeBatch(tx, batch, counts))) return

  await writeCharges(tx, rows.charges, rows.invoices)
  await writeCredits(tx, rows.credits)
  await writeDisbursements(tx, rows.disbursements)
  await settleCredits(tx, rows.settledCredits)
  await settleOlderInvoices(tx, rows.settledInvoices)
  await writeInvoices(tx, batch, rows.invoices) // last: the invoice counter stays locked until COMMIT
}

/**
 * Locks the accounts and decides what to write. Nothing but the rows outlives the decision: what is garbage at once costs the
 * collector nothing, what is still there when the next batches come is copied.
 */
async function decide(tx: Tx, batch: BatchToBill): Promise<{ readonly counts: BatchCounts; readonly rows: BatchRows }> {
  const accounts = await lockAccounts(tx, batch.accountIds)
  const states = await readAccountStates(tx, accounts, batch.billDate)

  const invoices: InvoiceToWrite[] = []
  for (const account of accounts) {
    const state = states.get(account.id)
    const plan = state && planInvoice(state, batch.billDate)
    if (!plan) continue
    const id = newId()
    const disbursements = plan.disbursements.map((planned) => ({
      ...planned,
      invoiceId: planned.invoiceId === NEW_INVOICE ? id : planned.invoiceId,
    }))
    invoices.push({ id, account, state, plan, disbursements })
  }
  return { counts: countBatch(invoices), rows: rowsOf(invoices) }
}
