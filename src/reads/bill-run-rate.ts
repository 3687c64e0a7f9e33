import { sql } from 'kysely'
import type { Db } from '../db/open.ts'
import { billRunNotFound } from './bill-runs.ts'

/** The steps in which a run is shown, in seconds. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600]
const MAX_STEPS = 120

export type BillRunRate = {
  /** When the run began; null before. */
  readonly from: Date | null
  readonly stepSeconds: number
  /** How many accounts were dealt with in each step. */
  readonly accounts: readonly number[]
}

/**
 * How many accounts a run dealt with, step by step, in at most 120 steps, from the moments at which its batches ended. Each account counts
 * where it was first tried: a retry may come days later. Throws a Refusal `bill_run_not_found`.
 */
export async function readBillRunRate(db: Db, billRunId: string): Promise<BillRunRate> {
  const span = await readSpan(db, billRunId)
  if (span.from === null) return { from: null, stepSeconds: 1, accounts: [] }
  const stepSeconds = stepFor(span.seconds)
  const { rows } = await sql<{ step: number; accounts: number }>`
    select floor(extract(epoch from finished_at - ${span.from}::timestamptz) / ${stepSeconds}::integer)::integer as step, sum(accounts) as accounts
    from bill_batch where bill_run_id = ${billRunId}::uuid and ${FIRST_TRIED} group by step order by step`.execute(db)
  const accounts = new Array<number>(Math.min(MAX_STEPS, Math.floor(span.seconds / stepSeconds) + 1)).fill(0)
  for (const row of rows) {
    const step = Math.max(0, Math.min(row.step, accounts.length - 1))
    accounts[step] = (accounts[step] ?? 0) + row.accounts
  }
  return { from: span.from, stepSeconds, accounts }
}

/** Batches that ended and were not tried again since. */
const FIRST_TRIED = sql`(status = 'done' and failure_attempts = 0 or status = 'failed' and failure_attempts = 1)`

/** When a run began, and for how many seconds it went on: until its last first try if it has ended, else until now. */
async function readSpan(db: Db, billRunId: string): Promise<{ readonly from: Date | null; readonly seconds: number }> {
  const { rows } = await sql<{ from: Date | null; seconds: number }>`
    select started_at as from, coalesce(extract(epoch from coalesce(
      case when finished_at is not null then (
        select max(finished_at) from bill_batch where bill_run_id = bill_run.id and ${FIRST_TRIED}) end, now()) - started_at), 0)::float8 as seconds
    from bill_run where id = ${billRunId}::uuid`.execute(db)
  const [span] = rows
  if (!span) throw billRunNotFound(billRunId)
  return span
}

/** The shortest step with which so many seconds take no more than the greatest number of steps. */
function stepFor(seconds: number): number {
  const atLeast = seconds / (MAX_STEPS - 1)
  return STEPS.find((step) => step >= atLeast) ?? Math.ceil(atLeast / 3_600) * 3_600
}
