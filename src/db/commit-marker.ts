import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Db, Tx } from './open.ts'

/** Names a transaction for ever. A transaction id does not: after a crash Postgres gives those of what was not flushed out again. */
export type CommitMarker = { readonly at: string; readonly id: string }

/** Rows deleted in one statement, so that none of them holds locks for long. */
const DELETED_AT_ONCE = 10_000

/**
 * The last statement of a transaction: leaves a row by which others learn that it was committed. Undefined when the transaction has
 * written nothing, so that there is nothing to learn.
 */
export async function writeMarker(tx: Tx): Promise<CommitMarker | undefined> {
  const { rows } = await sql<CommitMarker>`
    insert into commit_marker (at, id) select clock_timestamp(), ${randomUUID()}::uuid
    where pg_current_xact_id_if_assigned() is not null
    returning at::text, id`.execute(tx)
  return rows[0]
}

/**
 * Decides whether a transaction was committed: adds its marker, as undone, unless it is there. The unique index makes this wait
 * for a transaction that is still in progress, and one that was not committed can never commit from here on. Undefined when
 * the marker is so old that it may have been deleted. Throws when it is not decided: try again.
 */
export async function decideOutcome(db: Db, { at, id }: CommitMarker): Promise<boolean | undefined> {
  // An update, though it changes nothing: its own COMMIT is confirmed only when the one looked for is as durable, on a standby too.
  const { rows } = await sql<{ undone: boolean }>`
    insert into commit_marker (at, id, undone) select ${at}::timestamptz, ${id}::uuid, true
    where ${at}::timestamptz > now() - interval '5 minutes'
    on conflict (at, id) do update set undone = commit_marker.undone
    returning undone`.execute(db)
  return rows[0] && !rows[0].undone
}

/** Deletes the markers that nobody may decide by any more, by the database's clock. To be called every minute or so. */
export async function deleteOldMarkers(db: Db): Promise<void> {
  for (let deleted = DELETED_AT_ONCE; deleted === DELETED_AT_ONCE; ) {
    const { numAffectedRows } = await sql`
      delete from commit_marker where (at, id) in (select at, id from commit_marker
        where at < now() - interval '10 minutes' order by at, id limit ${DELETED_AT_ONCE})`.execute(db)
    deleted = Number(numAffectedRows ?? 0n)
  }
}
