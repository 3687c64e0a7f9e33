import { type RawBuilder, sql } from 'kysely'
import { type Static, Type } from 'typebox'
import type { Db, Tx } from '../../db/open.ts'
import type { BillRunStatus } from '../../db/schema.ts'
import { formatAmount } from '../../money.ts'
import { AccountId, CalendarDate, Currency, Uuid } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'
import { Sum } from './sum.ts'
import { Time, TimeOrNull, TroubleOrNull, timeOrNull, troubleOrNull } from './time.ts'

const Count = Type.Integer({ minimum: 0 })
const CountAndAmount = Type.Object({ count: Count, amount: Sum('Their sum') })

export const BillRunView = Type.Object(
  {
    billRunId: Uuid,
    name: Type.Union([Type.String(), Type.Null()]),
    billGroup: Type.Union([Type.String(), Type.Null()], { description: 'Null for a run of named accounts' }),
    billDate: CalendarDate,
    status: Type.Enum(['queued', 'running', 'completed', 'completed_with_failures', 'cancelled']),
    schedule: Type.Union([Type.String(), Type.Null()], { description: 'The schedule that proposed it' }),
    progress: Type.Object({ accounts: Count, billed: Count, nothingToBill: Count, failed: Count }),
    totals: Type.Array(
      Type.Object({
        currency: Currency,
        invoices: Count,
        charged: Sum('Charges billed'),
        creditsIssued: CountAndAmount,
        disbursed: Sum('Disbursed by the run'),
        creditsReversed: CountAndAmount,
      }),
    ),
    trouble: TroubleOrNull,
    createdAt: Time,
    startedAt: TimeOrNull,
    finishedAt: TimeOrNull,
  },
  { description: 'The bill run', examples: [ANSWERS.billRun] },
)
export type BillRunView = Static<typeof BillRunView>

export const BillRunFailureView = Type.Object(
  {
    accountId: AccountId,
    code: Type.String(),
    message: Type.String(),
    attempts: Type.Integer({ minimum: 1 }),
  },
  { description: 'An account that could not be billed', examples: [ANSWERS.billRunFailure] },
)

type RunRow = {
  id: string
  name: string | null
  bill_group: string | null
  bill_date: string
  status: BillRunStatus
  schedule_name: string | null
  created_at: Date
  started_at: Date | null
  finished_at: Date | null
  accounts: number
  billed: number
  nothing_to_bill: number
  failed: number
  totals: readonly TotalRow[]
  trouble: string | null
  trouble_since: Date | null
}
type TotalRow = {
  currency: string
  invoices: number
  charged: string
  credits_issued_count: number
  credits_issued_amount: string
  disbursed: string
  credits_reversed_count: number
  credits_reversed_amount: string
}

/**
 * Bill runs with exact progress and totals: sums over the run's batches, whose counts were written with their invoices. `which` says
 * which runs, and in what order. A few thousand small rows for a million accounts. One statement, so that all figures are of one
 * moment, with amounts as text, so that none becomes a float in JSON.
 */
export async function readBillRuns(db: Db | Tx, which: RawBuilder<unknown>): Promise<readonly BillRunView[]> {
  const { rows } = await sql<RunRow>`
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
  return rows.map(present)
}

function present(run: RunRow): BillRunView {
  return {
    billRunId: run.id,
    name: run.name,
    billGroup: run.bill_group,
    billDate: run.bill_date,
    status: run.status,
    schedule: run.schedule_name,
    progress: { accounts: run.accounts, billed: run.billed, nothingToBill: run.nothing_to_bill, failed: run.failed },
    totals: run.totals.map((total) => ({
      currency: total.currency,
      invoices: total.invoices,
      charged: formatAmount(total.charged, total.currency),
      creditsIssued: {
        count: total.credits_issued_count,
        amount: formatAmount(total.credits_issued_amount, total.currency),
      },
      disbursed: formatAmount(total.disbursed, total.currency),
      creditsReversed: {
        count: total.credits_reversed_count,
        amount: formatAmount(total.credits_reversed_amount, total.currency),
      },
    })),
    trouble: troubleOrNull(run.trouble, run.trouble_since),
    createdAt: run.created_at.toISOString(),
    startedAt: timeOrNull(run.started_at),
    finishedAt: timeOrNull(run.finished_at),
  }
}
