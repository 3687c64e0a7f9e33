import { type Static, Type } from 'typebox'
import { dateIn, nextDue } from '../../cron.ts'
import { formatAmount } from '../../money.ts'
import { type AccountOverviewRow, MAX_PENDING_COUNTED } from '../../reads/account-overview.ts'
import type { AccountRow } from '../../reads/accounts.ts'
import { AccountId, BillGroup, CalendarDate, Currency, Name } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'
import type { List } from '../paging.ts'
import { NUMBER_PLACE } from '../places.ts'
import { ScheduleName } from './schedule-view.ts'
import { Sum } from './sum.ts'
import { Time } from './time.ts'

export const AccountView = Type.Object(
  {
    accountId: AccountId,
    name: Name,
    currency: Currency,
    billGroup: BillGroup,
    paymentTermsDays: Type.Integer(),
    balance: Sum('What its invoices owe in all'),
    creditLeft: Sum('What its issued credits have left in all'),
    createdAt: Time,
  },
  { description: 'The account', examples: [ANSWERS.account] },
)
export type AccountView = Static<typeof AccountView>

export function presentAccount({ currency, ...row }: AccountRow): AccountView {
  return {
    accountId: row.key,
    name: row.name,
    currency,
    billGroup: row.bill_group,
    paymentTermsDays: row.payment_terms_days,
    balance: formatAmount(row.balance, currency),
    creditLeft: formatAmount(row.credit_left, currency),
    createdAt: row.created_at.toISOString(),
  }
}

const PendingSum = (what: string) =>
  Type.Object({
    count: Type.Integer({ description: `How many ${what}` }),
    amount: Sum('What they add up to'),
    atLeast: Type.Boolean({
      description: `True when the counting stopped at ${MAX_PENDING_COUNTED.toLocaleString('en')}: there may be more, and the sum may be larger`,
    }),
  })

/** An account with what waits for its next bill run. */
export const AccountOverviewView = Type.Object(
  {
    ...AccountView.properties,
    pending: Type.Object(
      {
        charges: PendingSum('charges are on no invoice yet, whatever their dates'),
        credits: PendingSum('credits are recorded, and on no invoice yet'),
        reversals: PendingSum('reversals are recorded, and not applied yet'),
      },
      { description: 'What waits for a bill run' },
    ),
    nextRun: Type.Union(
      [
        Type.Object({
          schedule: ScheduleName,
          at: Time,
          billDate: { ...CalendarDate, description: "The business date, in the schedule's time zone" },
        }),
        Type.Null(),
      ],
      { description: 'When an enabled schedule of its bill group is due next; null when none is enabled' },
    ),
  },
  { description: 'The account', examples: [ANSWERS.accountOverview] },
)
export type AccountOverviewView = Static<typeof AccountOverviewView>

export function presentAccountOverview(row: AccountOverviewRow): AccountOverviewView {
  const sumOf = (count: number, amount: string, counted: number) => ({
    count,
    amount: formatAmount(amount, row.currency),
    atLeast: counted >= MAX_PENDING_COUNTED,
  })
  return {
    ...presentAccount(row),
    pending: {
      charges: sumOf(row.charge_count, row.charge_amount, row.charge_count),
      credits: sumOf(row.credit_count, row.credit_amount, row.credit_rows),
      reversals: sumOf(row.reversal_count, row.reversal_amount, row.credit_rows),
    },
    nextRun: nextRunOf(row),
  }
}

/** The first of the schedules that is due; of several at once, the first by name. */
function nextRunOf({ schedules, now }: AccountOverviewRow): AccountOverviewView['nextRun'] {
  const due = schedules.map((schedule) => ({ ...schedule, at: nextDue(schedule, now) }))
  const [next] = due.sort((a, b) => a.at.getTime() - b.at.getTime())
  return next ? { schedule: next.name, at: next.at.toISOString(), billDate: dateIn(next.timezone, next.at) } : null
}

/** Accounts, as a list. */
export const ACCOUNTS: List<AccountRow, number, AccountView> = {
  present: presentAccount,
  format: NUMBER_PLACE,
  placeOf: ({ id }) => id,
}
