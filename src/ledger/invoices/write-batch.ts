import { sql } from 'kysely'
import type { AccountState } from '../../billing/account-state.ts'
import { NEW_INVOICE } from '../../billing/disburse.ts'
import type { InvoicePlan } from '../../billing/plan-invoice.ts'
import { newId } from '../../db/new-id.ts'
import type { Tx } from '../../db/open.ts'
import { unnest } from '../../db/unnest.ts'
import type { Money } from '../../money.ts'
import type { LockedAccount } from '../accounts/lock-accounts.ts'
import type { BatchToBill } from '../bill-runs/batches.ts'

/** An invoice that is to be written. Its charges are stamped with its id already. */
export type InvoiceToWrite = {
  readonly id: string
  readonly account: LockedAccount
  readonly state: AccountState
  readonly plan: InvoicePlan
}

/**
 * Writes what was planned for a batch of accounts, except the invoices themselves. One statement for each table, whatever the batch's size.
 */
export async function writeCreditsAndBalances(tx: Tx, invoices: readonly InvoiceToWrite[]): Promise<void> {
  await writeDisbursements(tx, invoices)
  await writeCredits(tx, invoices)
  await writeOlderBalances(tx, invoices)
}

async function writeDisbursements(tx: Tx, invoices: readonly InvoiceToWrite[]): Promise<void> {
  const rows = invoices.flatMap(({ id, account, plan }) =>
    plan.disbursements.map(({ creditId, invoiceId, amount }) => ({
      id: newId(),
      credit_id: creditId,
      invoice_id: invoiceId === NEW_INVOICE ? id : invoiceId,
      account_id: account.id,
      amount: amount.toFixed(),
    })),
  )
  if (rows.length === 0) return
  const types = { id: 'uuid', credit_id: 'uuid', invoice_id: 'uuid', account_id: 'bigint', amount: 'numeric' }
  await sql`
    insert into disbursement (id, credit_id, invoice_id, account_id, amount, automatic)
    select id, credit_id, invoice_id, account_id, amount, true from ${unnest('planned', types, rows)}`.execute(tx)
}

/** Attaches pending credits, closes reversed ones, and updates how much of each is disbursed. */
async function writeCredits(tx: Tx, invoices: readonly InvoiceToWrite[]): Promise<void> {
  const rows = invoices.flatMap(({ id: invoiceId, plan }) =>
    plan.credits.map(({ id, status, entry, disbursed }) => ({
      id,
      status,
      disbursed: disbursed.toFixed(),
      attached_to: entry === 'credit' ? invoiceId : null,
      reversed_on: entry === 'reversed_credit' ? invoiceId : null,
    })),
  )
  if (rows.length === 0) return
  const types = { id: 'uuid', status: 'credit_status', disbursed: 'numeric', attached_to: 'uuid', reversed_on: 'uuid' }
  await sql`
    update credit set status = planned.status, disbursed = planned.disbursed,
      invoice_id = coalesce(planned.attached_to, invoice_id), reversed_on_invoice_id = planned.reversed_on
    from ${unnest('planned', types, rows)} where credit.id = planned.id`.execute(tx)
}

async function writeOlderBalances(tx: Tx, invoices: readonly InvoiceToWrite[]): Promise<void> {
  const rows = invoices.flatMap(({ plan }) =>
    plan.olderInvoices.map(({ invoiceId, balance }) => ({ id: invoiceId, balance: balance.toFixed() })),
  )
  if (rows.length === 0) return
  await sql`
    update invoice set balance = planned.balance
    from ${unnest('planned', { id: 'uuid', balance: 'numeric' }, rows)} where invoice.id = planned.id`.execute(tx)
}

/** Numbers the invoices and inserts them. Locks the invoice counter: every other batch waits for it until this transaction commits. */
export async function writeInvoices(
  tx: Tx,
  { billRunId, billDate }: BatchToBill,
  invoices: readonly InvoiceToWrite[],
): Promise<void> {
  if (invoices.length === 0) return
  const rows = invoices.map(({ id, account, plan: { dueOn, totalCharge, total, balance, transactionCount } }) => {
    const charged = totalCharge.toFixed()
    // Most invoices have only charges, so all three amounts are the same.
    const say = (amount: Money) => (amount === totalCharge ? charged : amount.toFixed())
    return {
      id,
      account_id: account.id,
      due_on: dueOn,
      payment_terms_days: account.payment_terms_days,
      total_charge: charged,
      total: say(total),
      balance: say(balance),
      transaction_count: transactionCount,
    }
  })
  const types = {
    id: 'uuid',
    account_id: 'bigint',
    due_on: 'date',
    payment_terms_days: 'integer',
    total_charge: 'numeric',
    total: 'numeric',
    balance: 'numeric',
    transaction_count: 'integer',
  }
  await sql`
    with counter as (
      update invoice_counter set last_number = last_number + ${rows.length}::bigint
      returning last_number - ${rows.length}::bigint as before
    )
    insert into invoice (id, account_id, number, bill_run_id, issued_on, due_on, payment_terms_days, total_charge, total, balance,
      transaction_count)
    select id, account_id, counter.before + position, ${billRunId}::uuid, ${billDate}::date, due_on, payment_terms_days, total_charge,
      total, balance, transaction_count
    from counter, ${unnest('planned', types, rows)}`.execute(tx)
}
