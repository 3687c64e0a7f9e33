import { type Selectable, sql } from 'kysely'
import type { Db } from '../db/open.ts'
import type { Reconciliation } from '../db/schema.ts'
import { keysetPage, type Page } from './keyset.ts'

export type ReconciliationRow = Selectable<Reconciliation>

/** A page of the reconciliations, the last first. */
export async function listReconciliations(db: Db, page: Page<number>): Promise<readonly ReconciliationRow[]> {
  const { rows } = await sql<ReconciliationRow>`
    select * from reconciliation ${keysetPage({ order: { id: 'bigint' }, direction: 'desc', ...page })}`.execute(db)
  return rows
}
