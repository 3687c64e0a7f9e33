import { sql } from 'kysely'
import type { Db } from '../../db/open.ts'

/** What a process did for one kind of work since its last report. */
export type Activity = {
  readonly kind: string
  readonly taken: number
  /** How many of the taken jobs had failed before. */
  readonly retries: number
  /** Jobs that went back to the queue because their worker was lost. */
  readonly takeovers: number
  /** Attempts that ended with an error. */
  readonly troubles: number
  /** How long ago the last job was taken, in ms; null when none was. */
  readonly takenAgoMs: number | null
}

/** Adds a process's counts to the totals of all processes, in one statement. Times are by the database's clock. */
export async function addActivity(db: Db, seen: readonly Activity[]): Promise<void> {
  // Always in the same order, so that two processes cannot deadlock.
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
