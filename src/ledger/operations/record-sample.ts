import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/open.ts'

/** A kind of work, by selects of what of it is open and of what was finished between two moments. */
export type SampledKind = {
  readonly name: string
  /** Gives `open` and `since`. */
  readonly backlog: RawBuilder<unknown>
  /** Gives `done` and `failed`. */
  readonly finished: (from: RawBuilder<unknown>, to: RawBuilder<unknown>) => RawBuilder<unknown>
}

/** The minute that has begun, by the database's clock. */
const MINUTE = sql`date_trunc('minute', now())`
const MINUTE_BEFORE = sql`date_trunc('minute', now()) - interval '1 minute'`

/**
 * Keeps how much of each kind of work waits now and for how long, and what was finished in the minute before, unless somebody has done so in
 * this minute. What is committed later than its minute is not counted: the samples are for charts.
 */
export async function recordSample(db: Db, kinds: readonly SampledKind[]): Promise<void> {
  const { rows } = await sql`select from operations_sample where minute = ${MINUTE} limit 1`.execute(db)
  if (rows.length > 0 || kinds.length === 0) return
  const samples = kinds.map(
    ({ name, backlog, finished }) => sql`
      select ${MINUTE}, ${name}, open, greatest(coalesce(extract(epoch from now() - since), 0), 0)::float8, done, failed
      from (${backlog}) backlog cross join (${finished(MINUTE_BEFORE, MINUTE)}) finished`,
  )
  await sql`
    insert into operations_sample (minute, kind, open, oldest_seconds, done, failed)
    ${sql.join(samples, sql` union all `)} on conflict do nothing`.execute(db)
}
