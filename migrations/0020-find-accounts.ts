import { type Kysely, sql } from 'kysely'

type Db = Kysely<unknown>
type Say = (line: string) => void

/**
 * Prepares accounts to be found by a part of their key or name. Each index takes some seconds for a million accounts, without locking out the
 * service. `pg_trgm` comes with Postgres, in the contrib package where that is one of its own; the owner of a database may create it.
 */
export async function migrate(db: Db, tell: Say): Promise<void> {
  const { rows } = await sql`select from account limit 1`.execute(db)
  // A new database has nothing to tell of.
  const say = rows.length === 0 ? () => {} : tell
  await sql`create extension if not exists pg_trgm`.execute(db)
  await sql.raw(SEARCH_TEXT).execute(db)
  for (const [name, on] of Object.entries(INDEXES)) {
    if (await isBuilt(db, name)) continue
    say(`building the index ${name}`)
    // An interrupted build leaves an invalid index.
    await sql.raw(`drop index concurrently if exists ${name}`).execute(db)
    await sql.raw(`create index concurrently ${name} on ${on}`).execute(db)
  }
  if (rows.length > 0) await sql`analyze account`.execute(db)
}

/**
 * The text of a name by which it is searched: in lower case, without accents, and with the code of each letter that is not ASCII in its place,
 * because in a database with the locale C, pg_trgm knows no other letters. It takes some microseconds, so its cost keeps the planner from
 * reading the whole table; and starting parallel workers takes longer than a search.
 */
const SEARCH_TEXT = `
  create or replace function search_text(text) returns text language sql immutable strict parallel unsafe cost 100000
  return case when $1 !~ '[^ -~]' then lower($1) else (
    select string_agg(case when c ~ '[ -~]' then c else 'u' || to_hex(ascii(c)) end, '' order by place)
    from regexp_split_to_table(lower(regexp_replace(normalize($1, nfkd), '[\u0300-\u036f]', '', 'g')), '') with ordinality letter (c, place)) end`

const INDEXES = {
  account_key_start: 'account (lower(key), id)',
  account_name_start: 'account (search_text(name) collate "C", id)',
  // Without a list of what is not yet in the index, which every search would read.
  account_name_parts: 'account using gin (search_text(name) gin_trgm_ops) with (fastupdate = off)',
} as const

async function isBuilt(db: Db, name: string): Promise<boolean> {
  const { rows } = await sql`select from pg_index where indexrelid = to_regclass(${name}) and indisvalid`.execute(db)
  return rows.length > 0
}
