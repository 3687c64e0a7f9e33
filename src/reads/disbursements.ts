import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Db, Tx } from '../db/open.ts'
import type { Disbursement } from '../db/schema.ts'
import { keysetPage, type Page } from './keyset.ts'

export type DisbursementRow = Selectable<Disbursement> & {
  /** The number of its invoice. */
  readonly number: number
  readonly currency: string
  readonly credit_reason: string
  /** The key that made it by hand. */
  readonly key_id: string | null
  readonly key_name: string | null
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
    select d.*, invoice.number, account.currency, ${CREDIT_AND_KEY.columns}
    from disbursement d cross join lateral (select number from invoice where id = d.invoice_id limit 1) invoice
    cross join lateral (select currency from account where id = d.account_id limit 1) account ${CREDIT_AND_KEY.joins} ${which}`.execute(
    db,
  )
  return rows
}

/**
 * The reason of the credit of each disbursement `d`, and the key that made it by hand. Its audit entry is of the same transaction, and so of
 * the same moment.
 */
export const CREDIT_AND_KEY = {
  columns: sql`credit.reason as credit_reason, made.key_id, made.key_name`,
  joins: sql`cross join lateral (select reason from credit where id = d.credit_id limit 1) credit
    left join lateral (
      select api_key_id as key_id, (select name from api_key where id = api_key_id) as key_name from audit_entry
      where not d.automatic and subject = d.credit_id::text and at = d.created_at and action = 'credit.disburse' limit 1) made on true`,
}
