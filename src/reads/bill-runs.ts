import { type RawBuilder, sql } from 'kysely'
import type { Db, Tx } from '../db/open.ts'
import type { BillRunStatus } from '../db/schema.ts'
import { Refusal } from '../problems.ts'
import { keysetPage, type Page } from './keyset.ts'

export type BillRunRow = {
  readonly id: string
  readonly name: string | null
  readonly bill_group: string | null
  readonly bill_date: string
  readonly status: BillRunStatus
  readonly schedule_name: string | null
  readonly created_at: Date
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

/** A page of bill runs, newest first. */
export function listBillRuns(db: Db, page: Page<string>): Promise<readonly BillRunRow[]> {
  return selectBillRuns(db, keysetPage({ order: { 'bill_run.id': 'uuid' }, direction: 'desc', ...page }))
}

/** One bill run. Throws a Refusal `bill_run_not_found`. */
export async function readBillRun(db: Db | Tx, billRunId: string): Promise<BillRunRow> {
  const [run] = await selectBillRuns(db, sql`where bill_run.id = ${billRunId}::uuid`)
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
 * thousand small rows for a million accounts. `which` is the SQL after `from`. It is one statement, so that all figures are of the same
 * moment. Amounts are text, so that none becomes a float in JSON.
 */
async function selectBillRuns(db: Db | Tx, which: RawBuilder<unknown>): Promise<readonly BillRunRow[]> {
  const { rows } = await sql<BillRunRow>`
    select bill_run.id, name, bill_group, bill_date, bill_run.status, schedule_name, created_at, started_at, bill_run.finished_at, progress.*, totals.*, trouble.*
    from bill_run cross join lateral (
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
    ${which}`.execute(db)
  return rows
}

export type BillRunFailureRow = {
  readonly account_id: number
  /** The caller's key of the account. */
  readonly key: string
  readonly failure_code: string
  readonly failure_message: string
  readonly failure_attempts: number
}

/** A page of the accounts that a run could not bill, in the order of their creation. Throws a Refusal `bill_run_not_found`. */
export async function listBillRunFailures(
  db: Db,
  { billRunId, after = 0, limit }: Page<number> & { readonly billRunId: string },
): Promise<readonly BillRunFailureRow[]> {
  // Not readBillRun, which would also add up the run's totals.
  const run = await db.selectFrom('bill_run').select('id').where('id', '=', billRunId).executeTakeFirst()
  if (!run) throw billRunNotFound(billRunId)
  const { rows } = await sql<BillRunFailureRow>`
    select account_id, account.key, failure_code, failure_message, failure_attempts
    from (
      select account_ids[1] as account_id, failure_code, failure_message, failure_attempts from bill_batch
      where bill_run_id = ${billRunId}::uuid and status = 'failed' and account_ids[1] > ${after}::bigint
      order by account_ids[1] limit ${limit}) failed
    join account on account.id = account_id order by account_id`.execute(db)
  return rows
}

const billRunNotFound = (billRunId: string) => new Refusal('bill_run_not_found', `there is no bill run ${billRunId}`)
