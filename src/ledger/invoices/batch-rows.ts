import type { AccountState, CreditState } from '../../billing/account-state.ts'
import type { PlannedDisbursement } from '../../billing/disburse.ts'
import { type InvoicePlan, lessDisbursed } from '../../billing/plan-invoice.ts'
import { gatherRows, type Rows } from '../../db/gather-rows.ts'
import { newId } from '../../db/new-id.ts'
import { type Money, ZERO } from '../../money.ts'
import type { BilledAccount } from './read-account-states.ts'

/** An invoice about to be written: its plan, with ids in place of names. */
export type InvoiceToWrite = {
  readonly id: string
  readonly account: BilledAccount
  readonly state: AccountState
  readonly plan: InvoicePlan
  readonly disbursements: readonly PlannedDisbursement[]
}

/** All that a batch writes but its counts, as write-invoices.ts takes it. */
export type BatchRows = {
  readonly invoices: Rows
  readonly charges: Rows
  readonly credits: Rows
  readonly disbursements: Rows
  readonly settledCredits: Rows
  readonly settledInvoices: Rows
}

/** The rows that write these invoices, and what they change. */
export function rowsOf(invoices: readonly InvoiceToWrite[]): BatchRows {
  return {
    invoices: invoiceRows(invoices),
    charges: chargeRows(invoices),
    credits: creditRows(invoices),
    disbursements: disbursementRows(invoices),
    settledCredits: settledCreditRows(invoices),
    settledInvoices: settledInvoiceRows(invoices),
  }
}

function invoiceRows(invoices: readonly InvoiceToWrite[]): Rows {
  const rows = gatherRows(7)
  for (const { id, account, plan } of invoices) {
    const sums = [plan.totalCharge.toFixed(), plan.total.toFixed(), plan.balance.toFixed()]
    rows.add(id, account.id, plan.dueOn, account.payment_terms_days, ...sums)
  }
  return rows.rows()
}

/** Charges with their places on the invoice. */
function chargeRows(invoices: readonly InvoiceToWrite[]): Rows {
  const rows = gatherRows(2)
  for (const { plan } of invoices) {
    plan.transactions.forEach(({ type, sourceId }, index) => {
      if (type === 'charge') rows.add(sourceId, index + 1)
    })
  }
  return rows.rows()
}

/** The transactions of credits: those that are attached, and those that are reversed. */
function creditRows(invoices: readonly InvoiceToWrite[]): Rows {
  const rows = gatherRows(6)
  for (const { id, account, plan } of invoices) {
    plan.transactions.forEach(({ type, amount, sourceId }, index) => {
      if (type !== 'charge') rows.add(id, account.id, index + 1, type, amount.toFixed(), sourceId)
    })
  }
  return rows.rows()
}

function disbursementRows(invoices: readonly InvoiceToWrite[]): Rows {
  const rows = gatherRows(5)
  for (const { account, disbursements } of invoices) {
    for (const { creditId, invoiceId, amount } of disbursements) {
      rows.add(newId(), creditId, invoiceId, account.id, amount.toFixed())
    }
  }
  return rows.rows()
}

/** What becomes of credits: attached or reversed, and what has been disbursed of each. */
function settledCreditRows(invoices: readonly InvoiceToWrite[]): Rows {
  const rows = gatherRows(5)
  for (const { id, state, disbursements } of invoices) {
    const disbursed = sumBy(disbursements, ({ creditId }) => creditId)
    const settle = (credit: CreditState, status: string, attachedTo: string | null, reversedOn: string | null) => {
      const left = lessDisbursed(credit.left, [disbursed.get(credit.id) ?? ZERO])
      rows.add(credit.id, status, credit.amount.minus(left).toFixed(), attachedTo, reversedOn)
    }
    for (const credit of state.pending.credits) settle(credit, 'issued', id, null)
    for (const credit of state.pending.reversals) settle(credit, 'reversed', null, id)
    for (const credit of state.carried) if (disbursed.has(credit.id)) settle(credit, 'issued', null, null)
  }
  return rows.rows()
}

/** Older invoices that something was disbursed to, with their new balances. */
function settledInvoiceRows(invoices: readonly InvoiceToWrite[]): Rows {
  const rows = gatherRows(2)
  for (const { state, disbursements } of invoices) {
    const disbursed = sumBy(disbursements, ({ invoiceId }) => invoiceId)
    for (const { id, balance } of state.unpaid) {
      const amount = disbursed.get(id)
      if (amount) rows.add(id, lessDisbursed(balance, [amount]).toFixed())
    }
  }
  return rows.rows()
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
