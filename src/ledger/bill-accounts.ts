import { NEW_INVOICE } from '../billing/disburse.ts'
import { planInvoice } from '../billing/plan-invoice.ts'
import { newId } from '../db/new-id.ts'
import type { Tx } from '../db/open.ts'
import { type BatchToBill, closeBatch } from './bill-batch.ts'
import { countBatch } from './count-batch.ts'
import { lockAccounts } from './lock-accounts.ts'
import { readAccountStates } from './read-account-states.ts'
import {
  type InvoiceToWrite,
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

  if (!(await closeBatch(tx, batch, countBatch(invoices)))) return

  await writeCharges(tx, invoices)
  await writeCredits(tx, invoices)
  await writeDisbursements(tx, invoices)
  await settleCredits(tx, invoices)
  await settleOlderInvoices(tx, invoices)
  await writeInvoices(tx, batch, invoices) // last: the invoice counter stays locked until COMMIT
}
