import { type RawBuilder, sql } from 'kysely'
import { type Static, Type } from 'typebox'
import type { Db, Tx } from '../../db/open.ts'
import { formatAmount } from '../../money.ts'
import { Amount, Uuid } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'
import { Time } from './time.ts'

export const DisbursementView = Type.Object(
  {
    disbursementId: Uuid,
    creditId: Uuid,
    invoiceId: Uuid,
    invoiceNumber: Type.Integer(),
    amount: Amount,
    automatic: Type.Boolean({ description: 'Made by a bill run, not by hand' }),
    createdAt: Time,
  },
  { description: 'A disbursement', examples: [ANSWERS.disbursement] },
)
export type DisbursementView = Static<typeof DisbursementView>

type Row = {
  id: string
  credit_id: string
  invoice_id: string
  number: number
  amount: string
  automatic: boolean
  created_at: Date
  currency: string
}

/** Disbursements `d`. `which` says which, and in what order. */
export async function readDisbursements(db: Db | Tx, which: RawBuilder<unknown>): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`
    select d.*, invoice.number, account.currency
    from disbursement d cross join lateral (select number from invoice where id = d.invoice_id limit 1) invoice
    cross join lateral (select currency from account where id = d.account_id limit 1) account ${which}`.execute(db)
  return rows
}

export function presentDisbursement(row: Row): DisbursementView {
  return {
    disbursementId: row.id,
    creditId: row.credit_id,
    invoiceId: row.invoice_id,
    invoiceNumber: row.number,
    amount: formatAmount(row.amount, row.currency),
    automatic: row.automatic,
    createdAt: row.created_at.toISOString(),
  }
}
