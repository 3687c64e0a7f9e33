import { type Static, Type } from 'typebox'
import { formatAmount } from '../../money.ts'
import type { BillRunRow } from '../../reads/bill-runs.ts'
import type { MomentPlace } from '../../reads/keyset.ts'
import { CalendarDate, Currency, Uuid } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'
import type { List } from '../paging.ts'
import { MOMENT_PLACE } from '../places.ts'
import { Sum } from './sum.ts'
import { Time, TimeOrNull, TroubleOrNull, timeOrNull, troubleOrNull } from './time.ts'

const Count = Type.Integer({ minimum: 0 })
export const CountAndAmount = Type.Object({ count: Count, amount: Sum('Their sum') })

export const BillRunStatusName = Type.Enum(['queued', 'running', 'completed', 'completed_with_failures', 'cancelled'])

export const BillRunView = Type.Object(
  {
    billRunId: Uuid,
    name: Type.Union([Type.String(), Type.Null()]),
    billGroup: Type.Union([Type.String(), Type.Null()], { description: 'Null for a run of named accounts' }),
    billDate: CalendarDate,
    status: BillRunStatusName,
    schedule: Type.Union([Type.String(), Type.Null()], { description: 'The schedule that proposed it' }),
    startedBy: Type.Union([Type.String(), Type.Null()], {
      description: 'The name of the schedule or of the API key that started it',
    }),
    selecting: Type.Boolean({
      description: 'Whether accounts are still being selected: then progress.accounts still grows',
    }),
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
    cancelledBy: Type.Union([Type.String(), Type.Null()], { description: 'The name of the API key that cancelled it' }),
    cancelReason: Type.Union([Type.String(), Type.Null()], { description: 'Why, as whoever cancelled it says' }),
    createdAt: Time,
    startedAt: TimeOrNull,
    finishedAt: TimeOrNull,
  },
  { description: 'The bill run', examples: [ANSWERS.billRun] },
)
export type BillRunView = Static<typeof BillRunView>

export function presentBillRun(run: BillRunRow): BillRunView {
  return {
    billRunId: run.id,
    name: run.name,
    billGroup: run.bill_group,
    billDate: run.bill_date,
    status: run.status,
    schedule: run.schedule_name,
    startedBy: run.started_by,
    selecting: run.selecting,
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
    cancelledBy: run.cancelled_by,
    cancelReason: run.cancel_reason,
    createdAt: run.created_at.toISOString(),
    startedAt: timeOrNull(run.started_at),
    finishedAt: timeOrNull(run.finished_at),
  }
}

/** Bill runs, as a list. */
export const BILL_RUNS: List<BillRunRow, MomentPlace, BillRunView> = {
  present: presentBillRun,
  format: MOMENT_PLACE,
  placeOf: ({ place, id }) => ({ at: place, id }),
}
