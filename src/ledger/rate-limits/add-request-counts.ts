import { sql } from 'kysely'
import type { Db } from '../../db/open.ts'
import { pgArray } from '../../db/pg-array.ts'

/** How often all processes counted a subject in this minute, and in how many ms the next minute begins. */
export type RequestCount = { readonly subject: string; readonly count: number; readonly leftMs: number }

/** Adds to the counts of this minute, by the database's clock, and returns the new counts. Deletes counts older than five minutes. */
export async function addRequestCounts(
  db: Db,
  added: readonly { readonly subject: string; readonly count: number }[],
): Promise<readonly RequestCount[]> {
  await sql`
    with old as (
      select subject, minute from request_count where minute < now() - interval '5 minutes' for update skip locked)
    delete from request_count using old
    where (request_count.subject, request_count.minute) = (old.subject, old.minute)`.execute(db)
  const { rows } = await sql<RequestCount>`
    insert into request_count (subject, minute, count)
    select subject, date_trunc('minute', now()), added
    from unnest(${added.map(({ subject }) => subject)}::text[], ${pgArray(added.map(({ count }) => count))}::integer[])
      as row (subject, added) order by subject
    on conflict (subject, minute) do update set count = request_count.count + excluded.count
    returning subject, count,
      (extract(epoch from minute + interval '1 minute' - now()) * 1000)::integer as "leftMs"`.execute(db)
  return rows
}
