import { sql } from 'kysely'
import type { Db } from '../../db/open.ts'

/** What a process saw of one kind of work since it told last. */
export type Activity = {
  readonly kind: string
  readonly taken: number
  /** Of those taken, how many had failed before. */
  readonly retries: number
  /** Jobs whose worker was lost, given back to be taken again. */
  readonly takeovers: number
  /** Tries that ended with an error. */
  readonly troubles: number
  /** How long ago, in ms, one was taken last; null when none was. */
  readonly takenAgoMs: number | null
}

/** Adds what a process saw to what all have seen, in one statement. The time is by the database's clock. */
export async function addActivity(db: Db, seen: readonly Activity[]): Promise<void> {
  // In one order, so that two processes never wait for each other.
  const rows = seen.toSorted((a, b) => (a.kind < b.kind ? -1 : 1))
  await sql`
    insert into work_activity (kind, last_taken_at, taken, retries, takeovers, troubles)
    select kind, now() - taken_ago_ms * interval '1 ms', taken, retries, takeovers, troubles
    from unnest(${rows.map(({ kind }) => kind)}::text[], ${rows.map(({ takenAgoMs }) => takenAgoMs)}::double precision[],
      ${rows.map(({ taken }) => taken)}::bigint[], ${rows.map(({ retries }) => retries)}::bigint[],
      ${rows.map(({ takeovers }) => takeovers)}::bigint[], ${rows.map(({ troubles }) => troubles)}::bigint[])
      as seen (kind, taken_ago_ms, taken, retries, takeovers, troubles)
    on conflict (kind) do update set
      last_taken_at = greatest(work_activity.last_taken_at, excluded.last_taken_at),
      taken = work_activity.taken + excluded.taken,
      retries = work_activity.retries + excluded.retries,
      takeovers = work_activity.takeovers + excluded.takeovers,
      troubles = work_activity.troubles + excluded.troubles`.execute(db)
}
