import { type Static, Type } from 'typebox'
import { formatAmount } from '../../money.ts'
import type { BillRunFailureRow, BillRunRow } from '../../reads/bill-runs.ts'
import { AccountId, CalendarDate, Currency, Uuid } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'
import type { List } from '../paging.ts'
import { NUMBER_PLACE, UUID_PLACE } from '../places.ts'
import { Sum } from './sum.ts'
import { Time, TimeOrNull, TroubleOrNull, timeOrNull, troubleOrNull } from './time.ts'

const Count = Type.Integer({ minimum: 0 })
const CountAndAmount = Type.Object({ count: Count, amount: Sum('Their sum') })

export const BillRunStatusName = Type.Enum(['queued', 'running', 'completed', 'completed_with_failures', 'cancelled'])

export const BillRunView = Type.Object(
  {
    billRunId: Uuid,
    name: Type.Union([Type.String(), Type.Null()]),
    billGroup: Type.Union([Type.String(), Type.Null()], { description: 'Null for a run of named accounts' }),
    billDate: CalendarDate,
    status: BillRunStatusName,
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
export type BillRunFailureView = Static<typeof BillRunFailureView>

export function presentBillRun(run: BillRunRow): BillRunView {
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

export function presentBillRunFailure(row: BillRunFailureRow): BillRunFailureView {
  return {
    accountId: row.key,
    code: row.failure_code,
    message: row.failure_message,
    attempts: row.failure_attempts,
  }
}

/** Bill runs, as a list. */
export const BILL_RUNS: List<BillRunRow, string, BillRunView> = {
  present: presentBillRun,
  format: UUID_PLACE,
  placeOf: ({ id }) => id,
}

/** The accounts that a run could not bill, as a list. */
export const FAILURES: List<BillRunFailureRow, number, BillRunFailureView> = {
  present: presentBillRunFailure,
  format: NUMBER_PLACE,
  placeOf: (row) => row.account_id,
}
