import { planInvoice } from '../../billing/plan-invoice.ts'
import { newId } from '../../db/new-id.ts'
import type { Tx } from '../../db/open.ts'
import type { Mark } from '../../db/transaction.ts'
import { lockAccounts } from '../accounts/lock-accounts.ts'
import { type BatchToBill, closeBatch } from '../bill-runs/batches.ts'
import { stampCharges } from '../charges/stamp-charges.ts'
import { countBatch } from './count-batch.ts'
import { readPending } from './read-pending.ts'
import { type InvoiceToWrite, writeCreditsAndBalances, writeInvoices } from './write-batch.ts'

/** Thrown when a batch was billed by an earlier delivery, or cancelled. The transaction is rolled back. */
export class BatchIsClosed extends Error {
  constructor(batchId: string) {
    super(`batch ${batchId} is closed`)
  }
}

/**
 * Bills a batch of accounts in one transaction: lock, stamp, read, decide, write. The same transaction closes the batch, so a repeated
 * delivery finds it closed and changes nothing. It also writes the counts, so they always agree with the invoices. Throws BatchIsClosed.
 */
export async function billAccounts(tx: Tx, batch: BatchToBill, mark: Mark = async () => {}): Promise<void> {
  const accounts = await lockAccounts(tx, batch.accountIds)
  const invoiceIds = accounts.map(() => newId())
  const charges = await stampCharges(
    tx,
    accounts.map(({ id }, index) => ({ accountId: id, invoiceId: invoiceIds[index] as string })),
    batch.billDate,
  )
  const states = await readPending(tx, accounts, charges)
  const invoices = accounts.flatMap((account, index): InvoiceToWrite[] => {
    const state = states[index] as (typeof states)[number]
    const plan = planInvoice(state, batch.billDate)
    return plan ? [{ id: invoiceIds[index] as string, account, state, plan }] : []
  })
  if (!(await closeBatch(tx, batch, countBatch(invoices)))) throw new BatchIsClosed(batch.id)
  await writeCreditsAndBalances(tx, invoices)
  await mark()
  await writeInvoices(tx, batch, invoices) // last, because the invoice counter stays locked until COMMIT
}
