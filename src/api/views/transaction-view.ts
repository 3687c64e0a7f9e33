import { type RawBuilder, sql } from 'kysely'
import { type Static, Type } from 'typebox'
import type { Db } from '../../db/open.ts'
import type { TransactionType } from '../../db/schema.ts'
import { formatAmount } from '../../money.ts'
import { Amount, Uuid } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'

/** Lines that an invoice shows of itself, and in a list of invoices. Whoever wants all of them pages through them. */
export const MAX_LINES = 100
export const MAX_LINES_IN_LIST = 20

export const TransactionView = Type.Object(
  {
    type: Type.Enum(['charge', 'credit', 'reversed_credit']),
    amount: Amount,
    description: Type.String(),
    chargeId: Type.Optional(Uuid),
    creditId: Type.Optional(Uuid),
  },
  { examples: [ANSWERS.transaction] },
)
export type TransactionView = Static<typeof TransactionView>

export type TransactionRow = {
  readonly type: TransactionType
  readonly amount: string
  readonly charge_id: string | null
  readonly credit_id: string | null
  /** A charge's description, or a credit's reason. */
  readonly description: string
}

/** Transactions with their places on their invoice, from 1 without a gap. `which` says which, and in what order. */
export async function readTransactions(
  db: Db,
  which: RawBuilder<unknown>,
): Promise<readonly (TransactionRow & { readonly position: number })[]> {
  const { rows } = await sql<TransactionRow & { position: number }>`
    select t.position, t.type, t.amount, t.charge_id, t.credit_id, coalesce(charge.description, credit.reason) as description
    from invoice_transaction t left join charge on charge.id = t.charge_id left join credit on credit.id = t.credit_id
    ${which}`.execute(db)
  return rows
}

/** How a transaction reads on an invoice: a charge by its description, a credit by its reason. */
export function presentTransaction(row: TransactionRow, currency: string): TransactionView {
  const prefix = { charge: '', credit: 'Credit: ', reversed_credit: 'Reversed Credit: ' }[row.type]
  return {
    type: row.type,
    amount: formatAmount(row.amount, currency),
    description: `${prefix}${row.description}`,
    ...(row.charge_id === null ? {} : { chargeId: row.charge_id }),
    ...(row.credit_id === null ? {} : { creditId: row.credit_id }),
  }
}
