import { sql } from 'kysely'
import type { Db } from '../db/open.ts'
import { pgArray } from '../db/pg-array.ts'

/** The names of accounts, by their internal ids. */
export async function readAccountNames(db: Db, ids: readonly number[]): Promise<ReadonlyMap<number, string>> {
  const { rows } = await sql<{ id: number; name: string }>`
    select id, name from account where id = any(${pgArray(ids)}::bigint[])`.execute(db)
  return new Map(rows.map(({ id, name }) => [id, name]))
}
