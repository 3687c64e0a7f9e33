import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Db, Tx } from './open.ts'

/** Names a transaction for ever. A transaction id would not do: after a crash Postgres may use the ids of unflushed transactions again. */
export type CommitMarker = { readonly at: string; readonly id: string }

/** How many rows one statement deletes, so that it does not hold locks for long. */
const MAX_DELETED = 10_000

/**
 * The last statement of a transaction: inserts a row that shows later that the transaction was committed. Returns undefined, and inserts
 * nothing, when the transaction has written nothing.
 */
export async function writeMarker(tx: Tx): Promise<CommitMarker | undefined> {
  const { rows } = await sql<CommitMarker>`
    insert into commit_marker (at, id) select clock_timestamp(), ${randomUUID()}::uuid
    where pg_current_xact_id_if_assigned() is not null
    returning at::text, id`.execute(tx)
  return rows[0]
}

/**
 * Decides whether a transaction was committed: inserts its marker, as undone, unless it is there. The unique index makes this wait for a
 * transaction that is still in progress. A transaction whose marker is undone can never commit any more. Returns undefined when the marker
 * is so old that it may have been deleted. Throws when the outcome could not be decided: try again.
 */
export async function decideOutcome(db: Db, { at, id }: CommitMarker): Promise<boolean | undefined> {
  // `do update`, though it changes nothing: the COMMIT of a write is confirmed only when earlier commits are durable too, also on a
  // standby.
  const { rows } = await sql<{ undone: boolean }>`
    insert into commit_marker (at, id, undone) select ${at}::timestamptz, ${id}::uuid, true
    where ${at}::timestamptz > now() - interval '5 minutes'
    on conflict (at, id) do update set undone = commit_marker.undone
    returning undone`.execute(db)
  return rows[0] && !rows[0].undone
}

/** Deletes markers that are too old to decide by, by the database's clock. To be called about every minute. */
export async function deleteOldMarkers(db: Db): Promise<void> {
  for (let deleted = MAX_DELETED; deleted === MAX_DELETED; ) {
    const { numAffectedRows } = await sql`
      delete from commit_marker where (at, id) in (select at, id from commit_marker
        where at < now() - interval '10 minutes' order by at, id limit ${MAX_DELETED})`.execute(db)
    deleted = Number(numAffectedRows ?? 0n)
  }
}
