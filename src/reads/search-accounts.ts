import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../db/open.ts'
import { type AccountRow, readAccounts } from './accounts.ts'
import type { Page } from './keyset.ts'

type Sql = RawBuilder<unknown>

/** How many accounts a search finds at most. */
export const MAX_FOUND = 100

export type AccountSearch = { readonly query: string; readonly billGroup: string | undefined }

/**
 * A page of the accounts that a text may mean, the best first, of a bill group or of all. A place is the id of an account. After one that is
 * not found any more there is nothing.
 */
export async function searchAccounts(
  db: Db,
  { after, limit, ...search }: Page<number> & AccountSearch,
): Promise<readonly AccountRow[]> {
  const found = await findIds(db, search)
  const start = after === undefined ? 0 : found.indexOf(after) + 1 || found.length
  return readAccounts(db, found.slice(start, start + limit))
}

/**
 * The ids of the accounts that a text may mean, the best first: the account with this very key, keys that begin with it, names that begin with
 * it, names with a word that begins with it, names that contain it. Case and accents make no difference, except for the very key.
 *
 * Each way is an index scan for MAX_FOUND accounts at most, and no other way is tried once so many are found.
 */
async function findIds(db: Db, { query, billGroup }: AccountSearch): Promise<readonly number[]> {
  const inGroup = billGroup === undefined ? sql`true` : sql`bill_group = ${billGroup}`
  const found = new Set<number>()
  for (const { where, orderBy, isOrdered } of waysToFind(query.trim().replaceAll(/\s+/g, ' '))) {
    const { rows } = await sql<{ id: number }>`
      select id from (
        select id, ${orderBy} as place from account where ${where} and ${inGroup}
        ${isOrdered ? sql`order by ${orderBy}, id` : sql``} limit ${sql.lit(MAX_FOUND)}) found
      order by place, id`.execute(db)
    for (const { id } of rows) found.add(id)
    if (found.size >= MAX_FOUND) break
  }
  return [...found].slice(0, MAX_FOUND)
}

type Way = {
  readonly where: Sql
  readonly orderBy: Sql
  /** Whether the index gives them in this order. Otherwise any of them are found, and then put into it. */
  readonly isOrdered: boolean
}

const NAME = sql`search_text(name) collate "C"`

/**
 * An index of trigrams is of no help with a single letter, which is looked for only at the beginning of keys and names, nor within words with
 * what has no three letters or digits in a row. Without its help every account would be looked at.
 */
function waysToFind(text: string): readonly Way[] {
  // The name is written by the database, and what is looked for in it by the same function. The planner knows its value.
  const part = sql`replace(replace(replace(search_text(${text}), '\\', '\\\\'), '%', '\\%'), '_', '\\_')`
  const isKey = /^[A-Za-z0-9_.:-]{1,64}$/.test(text)
  const startOfKey = `${escapeLike(text.toLowerCase())}%`
  return [
    ...(isKey
      ? [
          { where: sql`key = ${text}`, orderBy: sql`key`, isOrdered: true },
          { where: sql`lower(key) like ${startOfKey}`, orderBy: sql`lower(key)`, isOrdered: true },
        ]
      : []),
    { where: sql`${NAME} like ${part} || '%'`, orderBy: NAME, isOrdered: true },
    ...(/[\p{L}\p{N}]{2}/u.test(text)
      ? [{ where: sql`search_text(name) like '% ' || ${part} || '%'`, orderBy: NAME, isOrdered: false }]
      : []),
    ...(/[\p{L}\p{N}]{3}/u.test(text)
      ? [{ where: sql`search_text(name) like '%' || ${part} || '%'`, orderBy: NAME, isOrdered: false }]
      : []),
  ]
}

const escapeLike = (text: string) => text.replaceAll(/[\\%_]/g, '\\$&')
