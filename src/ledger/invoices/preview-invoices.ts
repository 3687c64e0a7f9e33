import { sql } from 'kysely'
import { NEW_INVOICE } from '../../billing/disburse.ts'
import { type InvoicePlan, planInvoice } from '../../billing/plan-invoice.ts'
import type { Db, Tx } from '../../db/open.ts'
import { pgArray } from '../../db/pg-array.ts'
import { accountIdsOf } from '../bill-runs/start-bill-run.ts'
import { type BilledAccount, type ChargeRow, readAccountStates } from './read-account-states.ts'

export type PreviewedLine = {
  readonly type: InvoicePlan['transactions'][number]['type']
  readonly amount: string
  readonly sourceId: string
}

export type PreviewedInvoice = {
  readonly account: BilledAccount
  readonly plan: Omit<InvoicePlan, 'transactions'>
  /** The first transactions that would stand on it, and how many there would be. */
  readonly lines: readonly PreviewedLine[]
  readonly lineCount: number
}

/**
 * The invoices that a bill run of these accounts would make, with at most `maxLines` transactions each, in the order of the accounts' creation: the same
 * decision as the bill run's, without the write. Charges are added up by the database, and only those that are shown are read, so an account may have any
 * number of them. Takes no lock. Throws a Refusal `account_not_found`.
 */
export async function previewInvoices(
  tx: Tx,
  accountKeys: readonly string[],
  billDate: string,
  maxLines = 100,
): Promise<readonly PreviewedInvoice[]> {
  const ids = await accountIdsOf(tx, accountKeys)
  const { rows: accounts } = await sql<BilledAccount>`
    select id, key, currency, payment_terms_days from account
    where id = any(${pgArray(ids)}::bigint[]) order by id`.execute(tx)
  const charges = new Map<number, SummedCharges>()
  const states = await readAccountStates(tx, accounts, billDate, async (db, accountIds) => {
    const sums = await sumCharges(db, accountIds, billDate)
    for (const sum of sums) charges.set(sum.account_id, sum)
    return sums
  })
  const firstCharges = await readFirstCharges(tx, [...charges.keys()], billDate, maxLines)
  return accounts.flatMap((account) => {
    const state = states.get(account.id)
    const plan = state && planInvoice(state, billDate)
    if (!plan) return []
    const { transactions, ...decided } = plan
    const others = transactions.filter(({ type }) => type !== 'charge')
    const lines = [
      ...(firstCharges.get(account.id) ?? []),
      ...others.slice(0, maxLines).map((line) => ({ ...line, amount: line.amount.toFixed() })),
    ].slice(0, maxLines)
    return [{ account, plan: decided, lines, lineCount: (charges.get(account.id)?.count ?? 0) + others.length }]
  })
}

type SummedCharges = ChargeRow & { readonly count: number }

/** The pending charges of each account, as one: a plan needs no more of them than their sum. */
async function sumCharges(db: Db | Tx, accountIds: string, billDate: string): Promise<readonly SummedCharges[]> {
  const { rows } = await sql<SummedCharges>`
    select '' as id, account_id, sum(amount) as amount, count(*) as count from charge
    where account_id = any(${accountIds}::bigint[]) and not billed and charged_on <= ${billDate}::date
    group by account_id`.execute(db)
  return rows
}

/** The charges that would stand first on each account's invoice. */
async function readFirstCharges(
  tx: Tx,
  accountIds: readonly number[],
  billDate: string,
  maxLines: number,
): Promise<ReadonlyMap<number, readonly PreviewedLine[]>> {
  const { rows } = await sql<ChargeRow>`
    select charge.id, charge.account_id, charge.amount from unnest(${pgArray(accountIds)}::bigint[]) as asked (id)
    cross join lateral (
      select id, account_id, charged_on, amount from charge
      where account_id = asked.id and not billed and charged_on <= ${billDate}::date
      order by charged_on, id limit ${sql.lit(maxLines)}) charge
    order by charge.account_id, charge.charged_on, charge.id`.execute(tx)
  const lines = new Map<number, PreviewedLine[]>()
  for (const { id, account_id, amount } of rows) {
    const of = lines.get(account_id) ?? []
    of.push({ type: 'charge', amount, sourceId: id })
    lines.set(account_id, of)
  }
  return lines
}

/** Whether a planned disbursement goes to the invoice that is being made. */
export const toNewInvoice = ({ invoiceId }: { readonly invoiceId: string }) => invoiceId === NEW_INVOICE
