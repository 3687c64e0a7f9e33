import { sql } from 'kysely'
import { newId } from '../../db/new-id.ts'
import type { Db, Tx } from '../../db/open.ts'

/**
 * Asks for a reconciliation of the whole database, which the relay carries out. Returns the id of the request: of the one that is open, if
 * there is one, so that of many who ask at the same time one is served for all.
 */
export async function requestReconciliation(tx: Tx): Promise<string> {
  for (;;) {
    const { rows: asked } = await sql<{ id: string }>`
      insert into reconciliation_request (id) values (${newId()}::uuid)
      on conflict ((true)) where reconciliation_id is null do nothing returning id`.execute(tx)
    if (asked[0]) return asked[0].id
    // A statement of its own, so that it sees the other one. It may have been answered just now; then this is a request of its own.
    const open = await findOpenRequest(tx)
    if (open !== undefined) return open
  }
}

/** The request that is not answered, if there is one. */
export async function findOpenRequest(db: Db | Tx): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    select id from reconciliation_request where reconciliation_id is null`.execute(db)
  return rows[0]?.id
}

/** Keeps how far the reconciliation of a request is, for whoever waits for it. */
export async function noteProgress(
  db: Db,
  id: string,
  { index, of }: { readonly index: number; readonly of: number },
): Promise<void> {
  await sql`
    update reconciliation_request set started_at = coalesce(started_at, now()), rules_checked = ${index}, rules = ${of}
    where id = ${id}::uuid and reconciliation_id is null`.execute(db)
}
