import { sql } from 'kysely'
import type { Rows } from '../../db/gather-rows.ts'
import type { Tx } from '../../db/open.ts'
import type { BatchToBill } from '../bill-runs/batches.ts'

/** Bills the charges and writes their transactions: one statement, so that each charge is named once on the way. */
export async function writeCharges(tx: Tx, charges: Rows, invoices: Rows): Promise<void> {
  if (charges.count === 0) return
  const [chargeIds, positions] = charges.columns
  const [invoiceIds, accountIds] = invoices.columns
  await sql`
    with settled as (
      update charge set billed = true from unnest(${chargeIds}::uuid[], ${positions}::integer[]) as planned (id, position)
      where charge.id = planned.id returning charge.id, charge.account_id, charge.amount, planned.position
    )
    insert into invoice_transaction (invoice_id, account_id, position, type, amount, charge_id)
    select new.id, account_id, settled.position, 'charge', settled.amount, settled.id
    from settled join unnest(${invoiceIds}::uuid[], ${accountIds}::bigint[]) as new (id, account_id) using (account_id)`.execute(
    tx,
  )
}

/** Writes the transactions of credits. */
export async function writeCredits(tx: Tx, credits: Rows): Promise<void> {
  if (credits.count === 0) return
  const [invoiceIds, accountIds, positions, types, amounts, creditIds] = credits.columns
  await sql`
    insert into invoice_transaction (invoice_id, account_id, position, type, amount, credit_id)
    select * from unnest(${invoiceIds}::uuid[], ${accountIds}::bigint[], ${positions}::integer[], ${types}::transaction_type[],
      ${amounts}::numeric[], ${creditIds}::uuid[])`.execute(tx)
}

export async function writeDisbursements(tx: Tx, disbursements: Rows): Promise<void> {
  if (disbursements.count === 0) return
  const [ids, creditIds, invoiceIds, accountIds, amounts] = disbursements.columns
  await sql`
    insert into disbursement (id, credit_id, invoice_id, account_id, amount, automatic)
    select *, true from unnest(${ids}::uuid[], ${creditIds}::uuid[], ${invoiceIds}::uuid[], ${accountIds}::bigint[],
      ${amounts}::numeric[])`.execute(tx)
}

/** Attaches pending credits, closes reversed ones, and takes from each what was disbursed of it. */
export async function settleCredits(tx: Tx, settledCredits: Rows): Promise<void> {
  if (settledCredits.count === 0) return
  const [ids, statuses, amounts, attachedTo, reversedOn] = settledCredits.columns
  await sql`
    update credit set status = settled.status, disbursed = settled.disbursed,
      invoice_id = coalesce(settled.attached_to, invoice_id), reversed_on_invoice_id = settled.reversed_on
    from unnest(${ids}::uuid[], ${statuses}::credit_status[], ${amounts}::numeric[], ${attachedTo}::uuid[], ${reversedOn}::uuid[])
      as settled (id, status, disbursed, attached_to, reversed_on)
    where credit.id = settled.id`.execute(tx)
}

export async function settleOlderInvoices(tx: Tx, settledInvoices: Rows): Promise<void> {
  if (settledInvoices.count === 0) return
  const [ids, balances] = settledInvoices.columns
  await sql`
    update invoice set balance = settled.balance
    from unnest(${ids}::uuid[], ${balances}::numeric[]) as settled (id, balance) where invoice.id = settled.id`.execute(
    tx,
  )
}

/** Numbers the invoices and writes them. Takes the counter's lock, which every other batch waits for until this one commits. */
export async function writeInvoices(tx: Tx, { billRunId, billDate }: BatchToBill, invoices: Rows): Promise<void> {
  if (invoices.count === 0) return
  const [ids, accountIds, dueOn, terms, totalCharges, totals, balances] = invoices.columns
  await sql`
    with counter as (
      update invoice_counter set last_number = last_number + ${invoices.count}::bigint
      returning last_number - ${invoices.count}::bigint as before
    )
    insert into invoice (id, account_id, number, bill_run_id, issued_on, due_on, payment_terms_days, total_charge, total, balance)
    select id, account_id, counter.before + position, ${billRunId}::uuid, ${billDate}::date, due_on, terms, total_charge, total, balance
    from counter, unnest(${ids}::uuid[], ${accountIds}::bigint[], ${dueOn}::date[], ${terms}::integer[], ${totalCharges}::numeric[],
      ${totals}::numeric[], ${balances}::numeric[])
      with ordinality as planned (id, account_id, due_on, terms, total_charge, total, balance, position)`.execute(tx)
}
