import type pg from 'pg'
import { v7 as uuidv7 } from 'uuid'
import type { AccountState, CreditState, UnpaidInvoice } from '../../../src/billing/account-state.ts'
import { NEW_INVOICE } from '../../../src/billing/disburse.ts'
import { type InvoicePlan, planInvoice } from '../../../src/billing/plan-invoice.ts'
import { Money, sum } from '../../../src/money.ts'

export type AccountJob = {
  readonly accountId: number
  readonly billRunId: string
  /** YYYY-MM-DD */
  readonly billDate: string
}

type CreditRow = {
  readonly id: string
  readonly amount: string
  readonly disbursed: string
  readonly status: string
  readonly automatic_disbursement: boolean
  readonly created_at: Date
}

/**
 * Bills one account as one would write it first, and write it well: prepared statements, the same decision as the service's, and
 * the invoice last, so that its number's lock is held for two statements and the COMMIT.
 */
export async function billOneAccount(client: pg.ClientBase, job: AccountJob): Promise<void> {
  const { paymentTermsDays, charges, state } = await readAccount(client, job)
  const plan = planInvoice(state, job.billDate)
  if (!plan) return
  const invoiceId = uuidv7()
  for (const { id } of charges) await client.query('update charge set invoice_id = $2 where id = $1', [id, invoiceId])
  await writePlan(client, job, invoiceId, plan)
  await writeInvoice(client, job, invoiceId, paymentTermsDays, plan)
}

async function readAccount(client: pg.ClientBase, { accountId, billDate }: AccountJob) {
  const { rows: accounts } = await client.query<{ payment_terms_days: number }>(
    'select payment_terms_days from account where id = $1 for no key update',
    [accountId],
  )
  const { rows: charges } = await client.query<{ id: string; amount: string }>(
    'select id, amount from charge where account_id = $1 and invoice_id is null and charged_on <= $2 order by charged_on, id',
    [accountId, billDate],
  )
  const { rows: credits } = await client.query<CreditRow>(
    `select id, amount, disbursed, status, automatic_disbursement, created_at from credit where account_id = $1
     and (status in ('pending', 'reversal_pending') or status = 'issued' and automatic_disbursement and disbursed < amount)
     order by created_at, id`,
    [accountId],
  )
  const { rows: unpaid } = await client.query(
    `select id, number::integer as number, due_on::text as "dueOn", balance from invoice where account_id = $1 and balance > 0`,
    [accountId],
  )
  const of = (status: string) => credits.filter((credit) => credit.status === status).map(creditState)
  const paymentTermsDays = accounts[0]?.payment_terms_days as number
  const state: AccountState = {
    paymentTermsDays,
    pending: {
      charges: { sum: sum(charges.map(({ amount }) => new Money(amount))), count: charges.length },
      credits: of('pending'),
      reversals: of('reversal_pending'),
    },
    carried: of('issued'),
    unpaid: unpaid.map((invoice): UnpaidInvoice => ({ ...invoice, balance: new Money(invoice.balance) })),
  }
  return { paymentTermsDays, charges, state }
}

/** What becomes of credits and older invoices. */
async function writePlan(
  client: pg.ClientBase,
  { accountId, billRunId }: AccountJob,
  invoiceId: string,
  plan: InvoicePlan,
): Promise<void> {
  for (const { id, status, entry, disbursed } of plan.credits) {
    const attachedTo = entry === 'credit' ? invoiceId : null
    const reversedOn = entry === 'reversed_credit' ? invoiceId : null
    await client.query(
      `update credit set status = $2, disbursed = $3, invoice_id = coalesce($4, invoice_id), reversed_on_invoice_id = $5 where id = $1`,
      [id, status, disbursed.toFixed(), attachedTo, reversedOn],
    )
  }
  for (const { creditId, invoiceId: to, amount } of plan.disbursements) {
    await client.query(
      `insert into disbursement (id, credit_id, invoice_id, account_id, amount, automatic, created_at)
       values ($1, $2, $3, $4, $5, true, (select created_at from bill_run where id = $6))`,
      [uuidv7(), creditId, to === NEW_INVOICE ? invoiceId : to, accountId, amount.toFixed(), billRunId],
    )
  }
  for (const { invoiceId: olderId, balance } of plan.olderInvoices) {
    await client.query('update invoice set balance = $2 where id = $1', [olderId, balance.toFixed()])
  }
}

async function writeInvoice(
  client: pg.ClientBase,
  { accountId, billRunId }: AccountJob,
  invoiceId: string,
  paymentTermsDays: number,
  plan: InvoicePlan,
): Promise<void> {
  const { rows: counters } = await client.query(
    'update invoice_counter set last_number = last_number + $1::integer returning last_number',
    [1],
  )
  const sums = [plan.totalCharge.toFixed(), plan.total.toFixed(), plan.balance.toFixed()]
  await client.query(
    `insert into invoice (id, account_id, number, bill_run_id, issued_on, due_on, payment_terms_days, total_charge, total, balance,
       transaction_count)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      ...[invoiceId, accountId, counters[0].last_number, billRunId, plan.issuedOn, plan.dueOn, paymentTermsDays],
      ...sums,
      plan.transactionCount,
    ],
  )
}

function creditState({ id, amount, disbursed, automatic_disbursement, created_at }: CreditRow): CreditState {
  return {
    id,
    amount: new Money(amount),
    left: new Money(amount).minus(disbursed),
    automatic: automatic_disbursement,
    createdAt: created_at.getTime(),
  }
}
