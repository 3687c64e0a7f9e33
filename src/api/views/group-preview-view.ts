import { type Static, Type } from 'typebox'
import type { PreviewTally } from '../../ledger/invoices/tally-preview.ts'
import { formatAmount } from '../../money.ts'
import { PROBLEMS } from '../../problems.ts'
import type { BillRunOutlook } from '../../reads/bill-run-outlook.ts'
import { AccountId, BillGroup, CalendarDate, Currency, Name, Uuid } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'
import { FailureGroupView } from './bill-run-failures-view.ts'
import { CountAndAmount } from './bill-run-view.ts'
import { Sum } from './sum.ts'
import { Time } from './time.ts'

const Count = Type.Integer({ minimum: 0 })

/** How far a preview of a group is. */
export const PreviewProgressView = Type.Object({
  accounts: Count,
  share: Type.Number({ description: 'The part of the accounts that was looked at, 0 to 1: an estimate' }),
})
export type PreviewProgressView = Static<typeof PreviewProgressView>

const Total = Type.Object({
  currency: Currency,
  invoices: Count,
  charged: Sum('Charges that would be billed'),
  creditsIssued: CountAndAmount,
  disbursed: Sum('What the run would disburse'),
  creditsReversed: CountAndAmount,
  owed: Sum('What the new invoices would owe'),
})

const LargeInvoice = Type.Object({
  accountId: AccountId,
  name: Name,
  currency: Currency,
  totalCharge: Sum('Its charges'),
  total: Sum('Its charges and reversed credits'),
  balance: Sum('What it would owe'),
})

const Warning = Type.Object({
  code: Type.Enum(['run_under_way', 'failures_left', 'date_ahead']),
  message: Type.String(),
  billRunId: Type.Union([Uuid, Type.Null()], { description: 'The bill run that it is about' }),
})

export const GroupPreviewView = Type.Object(
  {
    billGroup: BillGroup,
    billDate: CalendarDate,
    computedAt: Time,
    accounts: Type.Integer({ minimum: 0, description: 'Accounts with something pending' }),
    counts: Type.Object({ billed: Count, nothingToBill: Count, wouldFail: Count }),
    totals: Type.Array(Total),
    failures: Type.Array(FailureGroupView, { description: 'Accounts that could not be billed, by reason' }),
    largest: Type.Array(LargeInvoice, { description: 'Up to 20 of each currency, the largest first' }),
    warnings: Type.Array(Warning),
  },
  { description: 'What a bill run of the group would make', examples: [ANSWERS.groupPreview] },
)
export type GroupPreviewView = Static<typeof GroupPreviewView>

/** Presents what a bill run of a group would make. `names`: the names of the accounts with the largest invoices, by their internal ids. */
export function presentGroupPreview(
  { billGroup, billDate }: { readonly billGroup: string; readonly billDate: string },
  tally: PreviewTally,
  outlook: BillRunOutlook,
  names: ReadonlyMap<number, string>,
): GroupPreviewView {
  const failures = [...tally.failures.values()].sort((a, b) => b.count - a.count)
  return {
    billGroup,
    billDate,
    computedAt: outlook.now.toISOString(),
    accounts: tally.accounts,
    counts: {
      billed: tally.billed,
      nothingToBill: tally.nothingToBill,
      wouldFail: failures.reduce((sum, { count }) => sum + count, 0),
    },
    totals: [...tally.totals.values()].sort(byCurrency).map(({ currency, invoices, ...total }) => ({
      currency,
      invoices,
      charged: formatAmount(total.charged, currency),
      creditsIssued: counted(total.creditsIssued, currency),
      disbursed: formatAmount(total.disbursed, currency),
      creditsReversed: counted(total.creditsReversed, currency),
      owed: formatAmount(total.owed, currency),
    })),
    failures: failures.map(({ keys, ...failure }) => ({
      ...failure,
      title: PROBLEMS[failure.code].title,
      accountIds: [...keys],
    })),
    largest: [...tally.largest]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([currency, invoices]) =>
        invoices.map(({ account, plan }) => ({
          accountId: account.key,
          name: names.get(account.id) ?? account.key,
          currency,
          totalCharge: formatAmount(plan.totalCharge, currency),
          total: formatAmount(plan.total, currency),
          balance: formatAmount(plan.balance, currency),
        })),
      ),
    warnings: warningsOf(outlook),
  }
}

type Currencied = { readonly currency: string }
const byCurrency = (a: Currencied, b: Currencied) => (a.currency < b.currency ? -1 : 1)

const counted = (
  { count, amount }: { count: number; amount: Parameters<typeof formatAmount>[0] },
  currency: string,
) => ({
  count,
  amount: formatAmount(amount, currency),
})

function warningsOf({ daysAhead, today, underWay, last }: BillRunOutlook): GroupPreviewView['warnings'] {
  const days = daysAhead === 1 ? 'one day' : `${daysAhead} days`
  const failures = last?.failed === 1 ? 'one failure' : `${last?.failed ?? 0} failures`
  return [
    ...(underWay
      ? [
          {
            code: 'run_under_way' as const,
            message: `Another run of this group is under way, as of ${underWay.bill_date}`,
            billRunId: underWay.id,
          },
        ]
      : []),
    ...(last && last.failed > 0
      ? [
          {
            code: 'failures_left' as const,
            message: `The run as of ${last.bill_date} has ${failures}: retry those instead?`,
            billRunId: last.id,
          },
        ]
      : []),
    ...(daysAhead > 0
      ? [
          {
            code: 'date_ahead' as const,
            message: `The bill date is ${days} ahead of today, ${today} in UTC`,
            billRunId: null,
          },
        ]
      : []),
  ]
}
