import type pg from 'pg'
import { v7 as uuidv7 } from 'uuid'
import type { CreditState, UnpaidInvoice } from '../../../src/billing/account-state.ts'
import { NEW_INVOICE } from '../../../src/billing/disburse.ts'
import { planInvoice } from '../../../src/billing/plan-invoice.ts'
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
export async function billOneAccount(
  client: pg.ClientBase,
  { accountId, billRunId, billDate }: AccountJob,
): Promise<void> {
  const { rows: accounts } = await client.query(
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
  const plan = planInvoice(
    {
      paymentTermsDays: accounts[0].payment_terms_days,
      pending: {
        charges: { sum: sum(charges.map(({ amount }) => new Money(amount))), count: charges.length },
        credits: of('pending'),
        reversals: of('reversal_pending'),
      },
      carried: of('issued'),
      unpaid: unpaid.map((invoice): UnpaidInvoice => ({ ...invoice, balance: new Money(invoice.balance) })),
    },
    billDate,
  )
  if (!plan) return

  const invoiceId = uuidv7()
  for (const { id } of charges) await client.query('update charge set invoice_id = $2 where id = $1', [id, invoiceId])
  for (const { id, status, entry, disbursed } of plan.credits) {
    await client.query(
      `update credit set status = $2, disbursed = $3, invoice_id = coalesce($4, invoice_id), reversed_on_invoice_id = $5 where id = $1`,
      [
        id,
        status,
        disbursed.toFixed(),
        entry === 'credit' ? invoiceId : null,
        entry === 'reversed_credit' ? invoiceId : null,
      ],
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
  const { rows: counters } = await client.query(
    'update invoice_counter set last_number = last_number + $1::integer returning last_number',
    [1],
  )
  await client.query(
    `insert into invoice (id, account_id, number, bill_run_id, issued_on, due_on, payment_terms_days, total_charge, total, balance, transaction_count)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      invoiceId,
      accountId,
      counters[0].last_number,
      billRunId,
      plan.issuedOn,
      plan.dueOn,
      accounts[0].payment_terms_days,
      plan.totalCharge.toFixed(),
      plan.total.toFixed(),
      plan.balance.toFixed(),
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
