import { type Selectable, sql } from 'kysely'
import type { Db, Tx } from '../db/open.ts'
import type { Reconciliation, ReconciliationRequest } from '../db/schema.ts'
import { Refusal } from '../problems.ts'
import { keysetPage, type Page } from './keyset.ts'

export type ReconciliationRow = Selectable<Reconciliation>
export type ReconciliationRequestRow = Selectable<ReconciliationRequest>

/** A page of the reconciliations, the last first. */
export async function listReconciliations(db: Db, page: Page<number>): Promise<readonly ReconciliationRow[]> {
  const { rows } = await sql<ReconciliationRow>`
    select * from reconciliation ${keysetPage({ order: { id: 'bigint' }, direction: 'desc', ...page })}`.execute(db)
  return rows
}

/** One reconciliation. Throws a Refusal `reconciliation_not_found`. */
export async function readReconciliation(db: Db, id: number): Promise<ReconciliationRow> {
  const row = await db.selectFrom('reconciliation').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) throw new Refusal('reconciliation_not_found', `there is no reconciliation ${id}`)
  return row
}

/** The last reconciliation of the whole database, if there was one. */
export async function readLastReconciliation(db: Db): Promise<ReconciliationRow | undefined> {
  const { rows } = await sql<ReconciliationRow>`
    select * from reconciliation where bill_run_id is null order by id desc limit 1`.execute(db)
  return rows[0]
}

/** What became of a request for a reconciliation. Throws a Refusal `reconciliation_request_not_found`. */
export async function readReconciliationRequest(db: Db | Tx, id: string): Promise<ReconciliationRequestRow> {
  const row = await db.selectFrom('reconciliation_request').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) throw new Refusal('reconciliation_request_not_found', `there is no request ${id} for a reconciliation`)
  return row
}

/** The request that is not answered, if there is one. */
export async function readOpenReconciliationRequest(db: Db): Promise<ReconciliationRequestRow | undefined> {
  const { rows } = await sql<ReconciliationRequestRow>`
    select * from reconciliation_request where reconciliation_id is null`.execute(db)
  return rows[0]
}
