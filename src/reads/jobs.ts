import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Db, Tx } from '../db/open.ts'
import type { Job, JobStatus } from '../db/schema.ts'
import { Refusal } from '../problems.ts'
import { keysetPage, type Lead, type MomentPlace, type Page } from './keyset.ts'

type Sql = RawBuilder<unknown>

/** An accepted request, with its account and, for a credit or a reversal, the amount of its credit. */
export type JobRow = Selectable<Job> & {
  /** `created_at` to the microsecond. */
  readonly place: string
  /** The caller's key for its account. */
  readonly key: string | null
  readonly name: string | null
  readonly currency: string | null
  /** Of what is reversed; a credit's own request says its amount. */
  readonly credit_amount: string | null
}

export type JobFilter = {
  readonly accountId?: number | undefined
  readonly status?: JobStatus | undefined
  readonly type?: string | undefined
  /** Why it failed. */
  readonly code?: string | undefined
  /** Accepted at or after this moment. */
  readonly from?: Date | undefined
  /** Accepted before this moment. */
  readonly to?: Date | undefined
}
export type JobQuery = Page<MomentPlace> & JobFilter

/** An accepted request. Throws a Refusal `job_not_found`. */
export async function readJob(db: Db | Tx, jobId: string): Promise<JobRow> {
  const [job] = await selectJobs(db, sql`select * from job where id = ${jobId}::uuid`)
  if (!job) throw new Refusal('job_not_found', `there is no job ${jobId}`)
  return job
}

/** A page of the accepted requests, newest first. */
export function listJobs(db: Db, query: JobQuery): Promise<readonly JobRow[]> {
  const found = query.code !== undefined ? failed(query) : query.accountId !== undefined ? ofAccount(query) : all(query)
  return selectJobs(db, found)
}

/** Jobs with their accounts, looked up row by row: a join of 50 rows may read half of the other table. `which`: a select of jobs. */
async function selectJobs(db: Db | Tx, which: Sql): Promise<readonly JobRow[]> {
  const { rows } = await sql<Omit<JobRow, 'credit_amount'>>`
    select job.*, account.key, account.name, account.currency,
      to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as place
    from (${which}) job
    left join lateral (select key, name, currency from account where id = account_id limit 1) account on true
    order by created_at desc, id desc`.execute(db)
  return withCreditAmounts(db, rows)
}

/**
 * Adds the amounts of what is reversed, which the requests do not say. A statement of its own, only where it is needed: how a credit's request goes on
 * must be seen when the table of credits cannot be read, which may be just why it waits.
 */
async function withCreditAmounts(
  db: Db | Tx,
  jobs: readonly Omit<JobRow, 'credit_amount'>[],
): Promise<readonly JobRow[]> {
  const reversed = jobs.flatMap(({ type, subject_id: id }) => (type === 'reversal' && id !== null ? [id] : []))
  const credits =
    reversed.length === 0
      ? []
      : await db.selectFrom('credit').select(['id', 'amount']).where('id', 'in', reversed).execute()
  const amounts = new Map(credits.map(({ id, amount }) => [id, amount]))
  return jobs.map((job) => ({ ...job, credit_amount: amounts.get(job.subject_id ?? '') ?? null }))
}

function ofAccount({ accountId, status, type, ...range }: JobQuery): Sql {
  const filters = [
    ...(status === undefined ? [] : [sql`status = ${status}::job_status`]),
    ...(type === undefined ? [] : [sql`type = ${type}`]),
  ]
  return pageOf(range, [{ column: 'account_id', type: 'bigint', value: accountId }], filters)
}

/** Those that failed for one reason, of an account or of all. With another status there are none. */
function failed({ status = 'failed', type, code, accountId, ...range }: JobQuery): Sql {
  const filters = [
    // A literal: with a parameter, a generic plan cannot match the condition of the partial index.
    sql`status = 'failed'`,
    ...(status === 'failed' ? [] : [sql`false`]),
    ...(type === undefined ? [] : [sql`type = ${type}`]),
  ]
  const leads = [
    { column: 'account_id', type: 'bigint', value: accountId },
    { column: 'error_code', type: 'text', value: code },
  ]
  return pageOf(range, leads, filters)
}

/** A page of each type and status: there are few, and the index leads by both. */
function all({ status, type, ...range }: JobQuery): Sql {
  const types = type === undefined ? TYPES : sql`(select ${type}::text as type)`
  const statuses = sql`unnest(${status === undefined ? sql`enum_range(null::job_status)` : sql`array[${status}::job_status]`})`
  const leads = [
    { column: 'job.type', type: 'text', value: sql`of.type` },
    { column: 'job.status', type: 'job_status', value: sql`of.status` },
  ]
  return sql`
    select job.* from (select type, status from ${types} types cross join ${statuses} as status) of
    cross join lateral (${pageOf(range, leads, [])}) job
    order by job.created_at desc, job.id desc limit ${range.limit}`
}

/** The types that there are, each found by one look into the index. */
const TYPES = sql`(
  with recursive found as (
    (select type from job order by type limit 1)
    union all
    select (select job.type from job where job.type > found.type order by job.type limit 1) from found where found.type is not null)
  select type from found where type is not null)`

function pageOf({ from, to, after, limit }: JobQuery, lead: readonly Lead[], filters: readonly Sql[]): Sql {
  const order = { 'job.created_at': 'timestamptz', 'job.id': 'uuid' }
  const before = after ? [after.at, after.id] : to
  return sql`select * from job ${keysetPage({ lead, order, direction: 'desc', after: before, until: from, filters, limit })}`
}
