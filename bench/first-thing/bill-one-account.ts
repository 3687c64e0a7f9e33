import type pg from 'pg'
import { v7 as uuidv7 } from 'uuid'
import type { CreditState, UnpaidInvoice } from '../../src/billing/account-state.ts'
import { NEW_INVOICE } from '../../src/billing/disburse.ts'
import { planInvoice } from '../../src/billing/plan-invoice.ts'
import { Money } from '../../src/money.ts'

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
    'select id, amount from charge where account_id = $1 and not billed and charged_on <= $2 order by charged_on, id',
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
        charges: charges.map(({ id, amount }) => ({ id, amount: new Money(amount) })),
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
  for (const [index, { type, amount, sourceId }] of plan.transactions.entries()) {
    const [chargeId, creditId] = type === 'charge' ? [sourceId, null] : [null, sourceId]
    await client.query(
      `insert into invoice_transaction (invoice_id, account_id, position, type, amount, charge_id, credit_id)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [invoiceId, accountId, index + 1, type, amount.toFixed(), chargeId, creditId],
    )
    if (type === 'charge') await client.query('update charge set billed = true where id = $1', [sourceId])
    if (type === 'credit') {
      await client.query(`update credit set status = 'issued', invoice_id = $2 where id = $1`, [sourceId, invoiceId])
    }
  }
  for (const { creditId, invoiceId: to, amount } of plan.disbursements) {
    await client.query(
      `insert into disbursement (id, credit_id, invoice_id, account_id, amount, automatic, created_at)
       values ($1, $2, $3, $4, $5, true, (select created_at from bill_run where id = $6))`,
      [uuidv7(), creditId, to === NEW_INVOICE ? invoiceId : to, accountId, amount.toFixed(), billRunId],
    )
    await client.query('update credit set disbursed = disbursed + $2 where id = $1', [creditId, amount.toFixed()])
    if (to !== NEW_INVOICE) {
      await client.query('update invoice set balance = balance - $2 where id = $1', [to, amount.toFixed()])
    }
  }
  for (const { sourceId } of plan.transactions.filter(({ type }) => type === 'reversed_credit')) {
    await client.query(`update credit set status = 'reversed', reversed_on_invoice_id = $2 where id = $1`, [
      sourceId,
      invoiceId,
    ])
  }
  const { rows: counters } = await client.query(
    'update invoice_counter set last_number = last_number + $1::integer returning last_number',
    [1],
  )
  await client.query(
    `insert into invoice (id, account_id, number, bill_run_id, issued_on, due_on, total_charge, total, balance)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      invoiceId,
      accountId,
      counters[0].last_number,
      billRunId,
      plan.issuedOn,
      plan.dueOn,
      plan.totalCharge.toFixed(),
      plan.total.toFixed(),
      plan.balance.toFixed(),
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
