import { sql } from 'kysely'
import { NEW_INVOICE } from '../billing/disburse.ts'
import { type InvoicePlan, planInvoice } from '../billing/plan-invoice.ts'
import type { Tx } from '../db/open.ts'
import { pgArray } from '../db/pg-array.ts'
import { type BilledAccount, readAccountStates } from './read-account-states.ts'
import { accountIdsOf } from './start-bill-run.ts'

export type PreviewedInvoice = { readonly account: BilledAccount; readonly plan: InvoicePlan }

/**
 * The invoices that a bill run of these accounts would make, in the order of the accounts' creation: the same decision as the bill
 * run's, without the write. Takes no lock. Throws a Refusal `account_not_found`.
 */
export async function previewInvoices(
  tx: Tx,
  accountKeys: readonly string[],
  billDate: string,
): Promise<readonly PreviewedInvoice[]> {
  const ids = await accountIdsOf(tx, accountKeys)
  const { rows: accounts } = await sql<BilledAccount>`
    select id, key, currency, payment_terms_days from account
    where id = any(${pgArray(ids)}::bigint[]) order by id`.execute(tx)
  const states = await readAccountStates(tx, accounts, billDate)
  return accounts.flatMap((account) => {
    const state = states.get(account.id)
    const plan = state && planInvoice(state, billDate)
    return plan ? [{ account, plan }] : []
  })
}

/** Whether a planned disbursement goes to the invoice that is being made. */
export const toNewInvoice = ({ invoiceId }: { readonly invoiceId: string }) => invoiceId === NEW_INVOICE
