import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Db, Tx } from '../db/open.ts'
import type { Disbursement } from '../db/schema.ts'
import { keysetPage, type Page } from './keyset.ts'

export type DisbursementRow = Selectable<Disbursement> & {
  /** The number of its invoice. */
  readonly number: number
  readonly currency: string
}

/** A page of the disbursements of a credit, oldest first. */
export function listDisbursements(
  db: Db,
  { creditId, ...page }: Page<string> & { readonly creditId: string },
): Promise<readonly DisbursementRow[]> {
  const lead = { column: 'd.credit_id', type: 'uuid', value: creditId }
  return selectDisbursements(db, keysetPage({ lead, order: { 'd.id': 'uuid' }, direction: 'asc', ...page }))
}

/** One disbursement, which must exist. */
export async function readDisbursement(db: Db | Tx, disbursementId: string): Promise<DisbursementRow> {
  const [row] = await selectDisbursements(db, sql`where d.id = ${disbursementId}::uuid`)
  if (!row) throw new Error(`there is no disbursement ${disbursementId}`)
  return row
}

/** Disbursements, under the alias `d`. `which` is the SQL after `from`. */
async function selectDisbursements(db: Db | Tx, which: RawBuilder<unknown>): Promise<readonly DisbursementRow[]> {
  const { rows } = await sql<DisbursementRow>`
    select d.*, invoice.number, account.currency
    from disbursement d cross join lateral (select number from invoice where id = d.invoice_id limit 1) invoice
    cross join lateral (select currency from account where id = d.account_id limit 1) account ${which}`.execute(db)
  return rows
}
