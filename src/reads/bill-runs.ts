import { type RawBuilder, sql } from 'kysely'
import type { Db, Tx } from '../db/open.ts'
import type { BillRunStatus } from '../db/schema.ts'
import { Refusal } from '../problems.ts'
import { keysetPage, type MomentPlace, type Page } from './keyset.ts'

export type BillRunRow = {
  readonly id: string
  readonly name: string | null
  readonly bill_group: string | null
  readonly bill_date: string
  readonly status: BillRunStatus
  readonly schedule_name: string | null
  /** The name of the schedule, or of the API key, that started it. */
  readonly started_by: string | null
  readonly cancelled_by: string | null
  readonly cancel_reason: string | null
  /** Whether accounts are still being selected, so that their number still grows. */
  readonly selecting: boolean
  readonly created_at: Date
  /** `created_at` to the microsecond, as text. */
  readonly place: string
  readonly started_at: Date | null
  readonly finished_at: Date | null
  readonly accounts: number
  readonly billed: number
  readonly nothing_to_bill: number
  readonly failed: number
  readonly totals: readonly BillRunTotalRow[]
  readonly trouble: string | null
  readonly trouble_since: Date | null
}
export type BillRunTotalRow = {
  readonly currency: string
  readonly invoices: number
  readonly charged: string
  readonly credits_issued_count: number
  readonly credits_issued_amount: string
  readonly disbursed: string
  readonly credits_reversed_count: number
  readonly credits_reversed_amount: string
}

export type BillRunFilter = {
  readonly billGroup?: string | undefined
  readonly status?: BillRunStatus | undefined
  readonly schedule?: string | undefined
  /** When they were accepted: the start of the time range, included, and its end, excluded. */
  readonly from?: Date | undefined
  readonly to?: Date | undefined
}

/** A page of bill runs, newest first. With several filters the index of the narrowest is walked: a schedule has one group, mostly. */
export function listBillRuns(
  db: Db,
  { billGroup, status, schedule, from, to, after, limit }: Page<MomentPlace> & BillRunFilter,
): Promise<readonly BillRunRow[]> {
  const bySchedule = schedule !== undefined
  const byGroup = !bySchedule && billGroup !== undefined
  const lead = bySchedule
    ? { column: 'schedule_name', type: 'text', value: schedule }
    : byGroup
      ? { column: 'bill_group', type: 'text', value: billGroup }
      : { column: 'status', type: 'bill_run_status', value: status }
  const filters = [
    ...(bySchedule && billGroup !== undefined ? [sql`bill_group = ${billGroup}::text`] : []),
    ...((bySchedule || byGroup) && status !== undefined ? [sql`status = ${status}::bill_run_status`] : []),
  ]
  const start = after ? [after.at, after.id] : to
  const order = { created_at: 'timestamptz', id: 'uuid' }
  return selectBillRuns(db, keysetPage({ lead, order, direction: 'desc', after: start, until: from, filters, limit }))
}

/** One bill run. Throws a Refusal `bill_run_not_found`. */
export async function readBillRun(db: Db | Tx, billRunId: string): Promise<BillRunRow> {
  const [run] = await selectBillRuns(db, sql`where id = ${billRunId}::uuid`)
  if (!run) throw billRunNotFound(billRunId)
  return run
}

/** Whether a bill run exists. `id` may be any text. */
export async function isBillRun(db: Db, id: string): Promise<boolean> {
  const { rows } = await sql`select from bill_run where id::text = ${id}`.execute(db)
  return rows.length > 0
}

/**
 * Bill runs with exact progress and totals: the sums over the run's batches, whose counts were written with their invoices. These are a few
 * thousand small rows for a million accounts. Who started and who cancelled a run is in the audit. `which` is the SQL after `from bill_run`.
 * It is one statement, so that all figures are of the same moment. Amounts are text, so that none becomes a float in JSON.
 */
async function selectBillRuns(db: Db | Tx, which: RawBuilder<unknown>): Promise<readonly BillRunRow[]> {
  const { rows } = await sql<BillRunRow>`
    select bill_run.id, name, bill_group, bill_date, bill_run.status, schedule_name, created_at, started_at, bill_run.finished_at,
      not selected_all and bill_run.finished_at is null as selecting, coalesce(schedule_name, started.by) as started_by,
      cancelled.by as cancelled_by, cancelled.reason as cancel_reason,
      to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as place, progress.*, totals.*, trouble.*
    from (select * from bill_run ${which}) bill_run
    cross join lateral (
      select coalesce(sum(accounts) filter (where status <> 'split'), 0) as accounts, coalesce(sum(billed), 0) as billed,
        coalesce(sum(nothing_to_bill), 0) as nothing_to_bill, count(*) filter (where status = 'failed') as failed
      from bill_batch where bill_run_id = bill_run.id) progress
    cross join lateral (
      select coalesce(json_agg(total order by currency), '[]') as totals from (
        select currency, sum(invoices) as invoices, sum(charged)::text as charged, sum(credits_issued_count) as credits_issued_count,
          sum(credits_issued_amount)::text as credits_issued_amount, sum(disbursed)::text as disbursed,
          sum(credits_reversed_count) as credits_reversed_count, sum(credits_reversed_amount)::text as credits_reversed_amount
        from bill_batch_total where bill_run_id = bill_run.id group by currency) total) totals
    left join lateral (
      select trouble, trouble_since from (
        select bill_run.trouble, bill_run.trouble_since
        union all select trouble, trouble_since from bill_batch where bill_run_id = bill_run.id and status = 'open') open
      where trouble is not null and bill_run.finished_at is null order by trouble_since limit 1) trouble on true
    left join lateral (${audited('bill-run.start')}) started on true
    left join lateral (${audited('bill-run.cancel')}) cancelled on bill_run.cancel_requested_at is not null
    order by created_at desc, bill_run.id desc`.execute(db)
  return rows
}

/** Who did something to a run first, and why. */
const audited = (action: string) => sql`
  select coalesce((select name from api_key where id = api_key_id), detail) as by, reason from audit_entry
  where subject = bill_run.id::text and action = ${action} order by at, audit_id limit 1`

export type BillRunFailureRow = {
  readonly account_id: number
  /** The caller's key of the account. */
  readonly key: string
  readonly name: string
  readonly failure_code: string
  readonly failure_message: string
  readonly failure_attempts: number
}

/**
 * A page of the accounts that a run could not bill, with one code or all, in the order of their creation. An account that was retried and
 * billed is not among them. Throws a Refusal `bill_run_not_found`.
 */
export async function listBillRunFailures(
  db: Db,
  {
    billRunId,
    code,
    after = 0,
    limit,
  }: Page<number> & { readonly billRunId: string; readonly code?: string | undefined },
): Promise<readonly BillRunFailureRow[]> {
  await findBillRun(db, billRunId)
  const which =
    code === undefined
      ? sql`where bill_run_id = ${billRunId}::uuid and status = 'failed' and account_ids[1] > ${after}::bigint order by account_ids[1]`
      : failedAs(sql`${billRunId}::uuid`, sql`${code}::text`, sql`${after}::bigint`)
  const { rows } = await sql<BillRunFailureRow>`
    select account_id, account.key, account.name, failure_code, failure_message, failure_attempts
    from (
      select account_ids[1] as account_id, failure_code, failure_message, failure_attempts from bill_batch ${which} limit ${limit}) failed
    join account on account.id = account_id order by account_id`.execute(db)
  return rows
}

/** The failures of a run with one code, after an account, as a range of their index: see keysetPage. */
const failedAs = (billRunId: RawBuilder<unknown>, code: RawBuilder<unknown>, after: RawBuilder<unknown>) => sql`
  where status = 'failed' and (bill_run_id, failure_code, account_ids[1]) > (${billRunId}, ${code}, ${after})
    and (bill_run_id, failure_code) <= (${billRunId}, ${code})
  order by bill_run_id, failure_code, account_ids[1]`

export type BillRunFailureGroupRow = {
  readonly failure_code: string
  readonly count: number
  /** The message of its first account. */
  readonly example: string
  /** The callers' keys of its first accounts. */
  readonly keys: readonly string[]
}

/** How many accounts of each group of failures are named. */
export const MAX_NAMED_FAILURES = 5

/** The failures of a run by their codes, the most frequent first. Throws a Refusal `bill_run_not_found`. */
export async function readBillRunFailureGroups(db: Db, billRunId: string): Promise<readonly BillRunFailureGroupRow[]> {
  await findBillRun(db, billRunId)
  const first = failedAs(sql`${billRunId}::uuid`, sql`failed.failure_code`, sql`0`)
  const { rows } = await sql<BillRunFailureGroupRow>`
    select failure_code, count, example, keys
    from (
      select failure_code, count(*) as count from bill_batch
      where bill_run_id = ${billRunId}::uuid and status = 'failed' group by failure_code) failed
    cross join lateral (
      select (array_agg(failure_message order by account_id))[1] as example, array_agg(key order by account_id) as keys
      from (
        select account_ids[1] as account_id, failure_message from bill_batch ${first} limit ${sql.lit(MAX_NAMED_FAILURES)}) first
      join account on account.id = account_id) named
    order by count desc, failure_code`.execute(db)
  return rows
}

/** Reads no more than whether the run is there: readBillRun would also add up its totals. */
async function findBillRun(db: Db, billRunId: string): Promise<void> {
  const run = await db.selectFrom('bill_run').select('id').where('id', '=', billRunId).executeTakeFirst()
  if (!run) throw billRunNotFound(billRunId)
}

export const billRunNotFound = (billRunId: string) =>
  new Refusal('bill_run_not_found', `there is no bill run ${billRunId}`)
