import { sql } from 'kysely'
import type { Db } from '../db/open.ts'
import type { BillRunRow } from './bill-runs.ts'

/** How many runs, keys and schedules are looked at, and how many failures are counted. */
const MAX_RUNS = 5
const MAX_OPEN_RUNS = 10
const MAX_KEYS = 5
const MAX_FAILURES = 10_000

type Run = Pick<BillRunRow, 'id' | 'name' | 'schedule_name' | 'bill_group' | 'bill_date'>

export type FailureCount = { readonly code: string; readonly count: number }

export type SampledKindRow = {
  readonly kind: string
  /** The median age of the oldest, in the last seven days; null when it was measured for less than an hour. */
  readonly usual_seconds: number | null
  readonly done_per_minute: number | null
  readonly failed_last_hour: number
}

/** How each kind of work went on, by its samples: as usual, in the last whole minute, in the last hour. */
export async function readSampledKinds(db: Db): Promise<readonly SampledKindRow[]> {
  const { rows } = await sql<SampledKindRow>`
    select kind, case when count(*) >= 60 then percentile_cont(0.5) within group (order by oldest_seconds) end as usual_seconds,
      max(done) filter (where minute = (
        select max(minute) from operations_sample where minute > now() - interval '3 minutes')) as done_per_minute,
      coalesce(sum(failed) filter (where minute > now() - interval '1 hour'), 0)::float8 as failed_last_hour
    from operations_sample where minute > now() - interval '7 days' group by kind`.execute(db)
  return rows
}

/** When a worker last took work of each kind. */
export async function readLastTaken(db: Db): Promise<ReadonlyMap<string, Date | null>> {
  const rows = await db.selectFrom('work_activity').select(['kind', 'last_taken_at']).execute()
  return new Map(rows.map(({ kind, last_taken_at }) => [kind, last_taken_at]))
}

/** The requests that failed in the last 24 hours and were not retried, by their code, the most first; counted up to a limit. */
export async function readFailedRequests(
  db: Db,
): Promise<{ readonly counts: readonly FailureCount[]; readonly since: Date | null }> {
  const { rows } = await sql<FailureCount & { since: Date }>`
    select error_code as code, count(*) as count, min(finished_at) as since from (
      select error_code, finished_at from job where status = 'failed' and finished_at > now() - interval '24 hours'
      order by finished_at desc limit ${sql.lit(MAX_FAILURES)}) failed
    group by error_code order by count(*) desc, error_code`.execute(db)
  const times = rows.map(({ since }) => since.getTime())
  return {
    counts: rows.map(({ code, count }) => ({ code, count })),
    since: times.length === 0 ? null : new Date(Math.min(...times)),
  }
}

export type RunWithFailures = Run & { readonly finished_at: Date; readonly failures: readonly FailureCount[] }

/** The last bill runs of 30 days with failures that nobody has mended, by their codes; counted up to a limit each. */
export async function readRunsWithFailures(db: Db): Promise<readonly RunWithFailures[]> {
  const { rows } = await sql<RunWithFailures>`
    select id, name, schedule_name, bill_group, bill_date, finished_at, failures from (
      select * from bill_run where status = 'completed_with_failures' and finished_at > now() - interval '30 days'
      order by finished_at desc limit ${sql.lit(MAX_RUNS)}) run
    cross join lateral (
      select coalesce(json_agg(json_build_object('code', failure_code, 'count', count) order by count desc, failure_code), '[]') as failures from (
        select failure_code, count(*) as count from (
          select failure_code from bill_batch where bill_run_id = run.id and status = 'failed' limit ${sql.lit(MAX_FAILURES)}) batch
        group by failure_code) counted) counted
    order by finished_at desc`.execute(db)
  return rows
}

export type OpenRun = Run & {
  readonly created_at: Date
  /** When it began, or was retried last. */
  readonly began_at: Date | null
  readonly last_progress_at: Date
  readonly accounts: number
  readonly done: number
  readonly trouble: string | null
  /** The median duration of the last seven runs of its schedule or group; null when there were fewer than three. */
  readonly median_seconds: number | null
}

/** The bill runs that have not ended. A retry is known by its audit entry. */
export async function readOpenRuns(db: Db): Promise<readonly OpenRun[]> {
  const { rows } = await sql<OpenRun>`
    select run.id, name, schedule_name, bill_group, bill_date, created_at, began_at,
      greatest(created_at, began_at, progressed_at) as last_progress_at, accounts, done,
      coalesce(run.trouble, progress.trouble) as trouble, median_seconds
    from (select * from bill_run where finished_at is null order by id limit ${sql.lit(MAX_OPEN_RUNS)}) run
    cross join lateral (
      select greatest(run.started_at, max(at)) as began_at from audit_entry
      where subject = run.id::text and action = 'bill-run.retry') retried
    cross join lateral (
      select greatest(max(finished_at), max(created_at)) as progressed_at, min(trouble) as trouble,
        coalesce(sum(accounts) filter (where status <> 'split'), 0)::float8 as accounts,
        coalesce(sum(accounts) filter (where status in ('done', 'failed')), 0)::float8 as done
      from bill_batch where bill_run_id = run.id) progress
    cross join lateral (
      select case when count(*) >= 3 then extract(epoch from percentile_cont(0.5) within group (order by took))::float8 end as median_seconds from (
        select finished_at - started_at as took from bill_run earlier
        where earlier.status in ('completed', 'completed_with_failures') and earlier.schedule_name is not distinct from run.schedule_name
          and earlier.bill_group is not distinct from run.bill_group and run.bill_group is not null
        order by id desc limit 7) earlier) usual`.execute(db)
  return rows
}

/** The ids of the run that ended last, cancelled ones left out, and of the one of its schedule or bill group that ended before it. */
export async function readLastRunIds(
  db: Db,
): Promise<{ readonly last: string | undefined; readonly before: string | undefined }> {
  const ended = sql`finished_at is not null and status in ('completed', 'completed_with_failures')`
  const { rows } = await sql<{ last: string; before: string | null }>`
    select run.id as last, (
      select id from bill_run earlier where ${ended} and earlier.finished_at < run.finished_at and run.bill_group is not null
        and earlier.schedule_name is not distinct from run.schedule_name and earlier.bill_group is not distinct from run.bill_group
      order by earlier.finished_at desc limit 1) as before
    from (select * from bill_run where ${ended} order by finished_at desc limit 1) run`.execute(db)
  return { last: rows[0]?.last, before: rows[0]?.before ?? undefined }
}

/** Which of these runs of schedules, each by its schedule and business date, were proposed, and which of those a worker has begun. */
export async function readScheduledRuns(
  db: Db,
  due: readonly { readonly name: string; readonly date: string }[],
): Promise<ReadonlyMap<string, { readonly begun: boolean }>> {
  const { rows } = await sql<{ name: string; begun: boolean }>`
    select schedule_name as name, started_at is not null or finished_at is not null as begun
    from unnest(${due.map(({ name }) => name)}::text[], ${due.map(({ date }) => date)}::date[]) as due (name, date)
    join bill_run on schedule_name = due.name and scheduled_for = due.date`.execute(db)
  return new Map(rows.map(({ name, begun }) => [name, { begun }]))
}

export type BrokenRunRow = Run & {
  readonly reconciliation_id: number
  readonly violations: number
  readonly report: readonly { readonly name: string; readonly violations: number }[] | null
  readonly reconciled_at: Date
}

/** The bill runs of 30 days whose rows broke a rule when they were last reconciled. */
export async function readBrokenRuns(db: Db): Promise<readonly BrokenRunRow[]> {
  const { rows } = await sql<BrokenRunRow>`
    select bill_run.id, name, schedule_name, bill_group, bill_date, last.id as reconciliation_id, violations, report, last.finished_at as reconciled_at
    from (
      select distinct bill_run_id from reconciliation
      where not ok and finished_at > now() - interval '30 days' and bill_run_id is not null) red
    cross join lateral (
      select id, ok, violations, report, finished_at from reconciliation
      where bill_run_id = red.bill_run_id order by id desc limit 1) last
    join bill_run on bill_run.id = red.bill_run_id
    where not ok order by last.finished_at desc limit ${sql.lit(MAX_RUNS)}`.execute(db)
  return rows
}

/** The keys that expire within 14 days, the next first. */
export async function readExpiringKeys(
  db: Db,
): Promise<readonly { readonly id: string; readonly name: string; readonly expiresAt: Date }[]> {
  const { rows } = await sql<{ id: string; name: string; expiresAt: Date }>`
    select id, name, expires_at as "expiresAt" from api_key
    where revoked_at is null and expires_at between now() and now() + interval '14 days'
    order by expires_at limit ${sql.lit(MAX_KEYS)}`.execute(db)
  return rows
}
