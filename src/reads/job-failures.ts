import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../db/open.ts'

type Sql = RawBuilder<unknown>

/** How many failed requests of one reason are counted. */
export const MAX_FAILURES_COUNTED = 100_000
/** How many of a group are named. */
export const MAX_NAMED = 5

export type FailureGroupRow = {
  readonly code: string
  readonly count: number
  /** Why the newest of them failed. */
  readonly message: string
  /** The newest of them. */
  readonly ids: readonly string[]
}

export type FailureFilter = { readonly accountId?: number | undefined; readonly type?: string | undefined }

/** The failed requests by why they failed, the most frequent reason first: of an account, of a type, or all that are kept. */
export async function readFailureGroups(
  db: Db,
  { accountId, type }: FailureFilter,
): Promise<readonly FailureGroupRow[]> {
  const ofAccount = accountId === undefined ? sql`` : sql`and account_id = ${accountId}::bigint`
  const ofType = type === undefined ? sql`` : sql`and type = ${type}`
  const which = sql`status = 'failed' ${ofAccount} ${ofType}`
  const { rows } = await sql<FailureGroupRow>`
    select of.code, counted.count, newest.message, newest.ids from ${codesOf(ofAccount)} of
    cross join lateral (
      select count(*) from (
        select from job where ${which} and error_code = of.code limit ${sql.lit(MAX_FAILURES_COUNTED)}) failed) counted
    cross join lateral (
      select (array_agg(error_message))[1] as message, array_agg(id) as ids from (
        select id, error_message from job where ${which} and error_code = of.code
        order by created_at desc, id desc limit ${sql.lit(MAX_NAMED)}) failed) newest
    where counted.count > 0 order by counted.count desc, of.code`.execute(db)
  return rows
}

/** The reasons that there are, each found by one look into the index. */
const codesOf = (account: Sql) => sql`(
  with recursive found as (
    (select error_code from job where status = 'failed' ${account} order by error_code limit 1)
    union all
    select (select job.error_code from job
      where status = 'failed' ${account} and job.error_code > found.error_code order by job.error_code limit 1)
    from found where found.error_code is not null)
  select error_code as code from found where error_code is not null)`
