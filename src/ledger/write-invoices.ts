import { sql } from 'kysely'
import type { AccountState, CreditState } from '../billing/account-state.ts'
import type { PlannedDisbursement } from '../billing/disburse.ts'
import { type InvoicePlan, lessDisbursed } from '../billing/plan-invoice.ts'
import { newId } from '../db/new-id.ts'
import type { Tx } from '../db/open.ts'
import { pgArray } from '../db/pg-array.ts'
import { type Money, ZERO } from '../money.ts'
import type { BilledAccount } from './read-account-states.ts'

/** An invoice about to be written: its plan, with ids in place of names. */
export type InvoiceToWrite = {
  readonly id: string
  readonly account: BilledAccount
  readonly state: AccountState
  readonly plan: InvoicePlan
  readonly disbursements: readonly PlannedDisbursement[]
}

type Value = string | number | boolean | null

/** Rows as one array literal a column, which `unnest` turns into rows again: one statement whatever their number. */
function columns(rows: readonly (readonly Value[])[], width: number): readonly string[] {
  return Array.from({ length: width }, (_, column) => pgArray(rows.map((row) => row[column] as Value)))
}

/** Bills the charges and writes their transactions: one statement, so that each charge is named once on the way. */
export async function writeCharges(tx: Tx, invoices: readonly InvoiceToWrite[]): Promise<void> {
  const rows = invoices.flatMap(({ plan }) =>
    plan.transactions.flatMap(({ type, sourceId }, index) => (type === 'charge' ? [[sourceId, index + 1]] : [])),
  )
  if (rows.length === 0) return
  const [chargeIds, positions] = columns(rows, 2)
  const [ids, accountIds] = columns(
    invoices.map(({ id, account }) => [id, account.id]),
    2,
  )
  await sql`
    with settled as (
      update charge set billed = true from unnest(${chargeIds}::uuid[], ${positions}::integer[]) as planned (id, position)
      where charge.id = planned.id returning charge.id, charge.account_id, charge.amount, planned.position
    )
    insert into invoice_transaction (invoice_id, account_id, position, type, amount, charge_id)
    select new.id, account_id, settled.position, 'charge', settled.amount, settled.id
    from settled join unnest(${ids}::uuid[], ${accountIds}::bigint[]) as new (id, account_id) using (account_id)`.execute(
    tx,
  )
}

/** Writes the transactions of credits: those that are attached, and those that are reversed. */
export async function writeCredits(tx: Tx, invoices: readonly InvoiceToWrite[]): Promise<void> {
  const rows = invoices.flatMap(({ id, account, plan }) =>
    plan.transactions.flatMap(({ type, amount, sourceId }, index) =>
      type === 'charge' ? [] : [[id, account.id, index + 1, type, amount.toFixed(), sourceId]],
    ),
  )
  if (rows.length === 0) return
  const [invoiceIds, accountIds, positions, types, amounts, creditIds] = columns(rows, 6)
  await sql`
    insert into invoice_transaction (invoice_id, account_id, position, type, amount, credit_id)
    select * from unnest(${invoiceIds}::uuid[], ${accountIds}::bigint[], ${positions}::integer[], ${types}::transaction_type[],
      ${amounts}::numeric[], ${creditIds}::uuid[])`.execute(tx)
}

export async function writeDisbursements(tx: Tx, invoices: readonly InvoiceToWrite[]): Promise<void> {
  const rows = invoices.flatMap(({ account, disbursements }) =>
    disbursements.map(({ creditId, invoiceId, amount }) => [
      newId(),
      creditId,
      invoiceId,
      account.id,
      amount.toFixed(),
    ]),
  )
  if (rows.length === 0) return
  const [ids, creditIds, invoiceIds, accountIds, amounts] = columns(rows, 5)
  await sql`
    insert into disbursement (id, credit_id, invoice_id, account_id, amount, automatic)
    select *, true from unnest(${ids}::uuid[], ${creditIds}::uuid[], ${invoiceIds}::uuid[], ${accountIds}::bigint[],
      ${amounts}::numeric[])`.execute(tx)
}

/** Attaches pending credits, closes reversed ones, and takes from each what was disbursed of it. */
export async function settleCredits(tx: Tx, invoices: readonly InvoiceToWrite[]): Promise<void> {
  const rows = invoices.flatMap(({ id, state, disbursements }) => {
    const disbursed = sumBy(disbursements, ({ creditId }) => creditId)
    const settled = (credit: CreditState, status: string, attachedTo: string | null, reversedOn: string | null) => {
      const left = lessDisbursed(credit.left, [disbursed.get(credit.id) ?? ZERO])
      return [credit.id, status, credit.amount.minus(left).toFixed(), attachedTo, reversedOn]
    }
    return [
      ...state.pending.credits.map((credit) => settled(credit, 'issued', id, null)),
      ...state.pending.reversals.map((credit) => settled(credit, 'reversed', null, id)),
      ...state.carried
        .filter((credit) => disbursed.has(credit.id))
        .map((credit) => settled(credit, 'issued', null, null)),
    ]
  })
  if (rows.length === 0) return
  const [ids, statuses, amounts, attachedTo, reversedOn] = columns(rows, 5)
  await sql`
    update credit set status = settled.status, disbursed = settled.disbursed,
      invoice_id = coalesce(settled.attached_to, invoice_id), reversed_on_invoice_id = settled.reversed_on
    from unnest(${ids}::uuid[], ${statuses}::credit_status[], ${amounts}::numeric[], ${attachedTo}::uuid[], ${reversedOn}::uuid[])
      as settled (id, status, disbursed, attached_to, reversed_on)
    where credit.id = settled.id`.execute(tx)
}

export async function settleOlderInvoices(tx: Tx, invoices: readonly InvoiceToWrite[]): Promise<void> {
  const rows = invoices.flatMap(({ state, disbursements }) => {
    const disbursed = sumBy(disbursements, ({ invoiceId }) => invoiceId)
    return state.unpaid.flatMap(({ id, balance }) => {
      const amount = disbursed.get(id)
      return amount ? [[id, lessDisbursed(balance, [amount]).toFixed()]] : []
    })
  })
  if (rows.length === 0) return
  const [ids, balances] = columns(rows, 2)
  await sql`
    update invoice set balance = settled.balance
    from unnest(${ids}::uuid[], ${balances}::numeric[]) as settled (id, balance) where invoice.id = settled.id`.execute(
    tx,
  )
}

/** Numbers the invoices and writes them. Takes the counter's lock, which every other batch waits for until this one commits. */
export async function writeInvoices(
  tx: Tx,
  { billRunId }: { readonly billRunId: string },
  invoices: readonly InvoiceToWrite[],
): Promise<void> {
  const rows = invoices.map(({ id, account, plan }) => {
    const { issuedOn, dueOn, totalCharge, total, balance } = plan
    return [id, account.id, issuedOn, dueOn, totalCharge.toFixed(), total.toFixed(), balance.toFixed()]
  })
  if (rows.length === 0) return
  const [ids, accountIds, issuedOn, dueOn, totalCharges, totals, balances] = columns(rows, 7)
  await sql`
    with counter as (
      update invoice_counter set last_number = last_number + ${rows.length}::bigint
      returning last_number - ${rows.length}::bigint as before
    )
    insert into invoice (id, account_id, number, bill_run_id, issued_on, due_on, total_charge, total, balance)
    select id, account_id, counter.before + position, ${billRunId}::uuid, issued_on, due_on, total_charge, total, balance
    from counter, unnest(${ids}::uuid[], ${accountIds}::bigint[], ${issuedOn}::date[], ${dueOn}::date[],
      ${totalCharges}::numeric[], ${totals}::numeric[], ${balances}::numeric[])
      with ordinality as planned (id, account_id, issued_on, due_on, total_charge, total, balance, position)`.execute(
    tx,
  )
}

function sumBy(
  disbursements: readonly PlannedDisbursement[],
  key: (disbursement: PlannedDisbursement) => string,
): ReadonlyMap<string, Money> {
  const sums = new Map<string, Money>()
  for (const disbursement of disbursements) {
    sums.set(key(disbursement), (sums.get(key(disbursement)) ?? ZERO).plus(disbursement.amount))
  }
  return sums
}
