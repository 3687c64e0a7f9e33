import { sql } from 'kysely'
import type { Db } from '../db/open.ts'
import { type AccountRow, accountNotFound, SUMS } from './accounts.ts'

/**
 * How many pending charges, and how many pending credits and reversals, are counted and added up. An account may have a million, at 0.3 us
 * each.
 */
export const MAX_PENDING_COUNTED = 100_000

/** How many schedules of a bill group are looked at. */
const MAX_SCHEDULES = 100

export type AccountOverviewRow = AccountRow & {
  /** The database's time, as of which the account was read. */
  readonly now: Date
  readonly charge_count: number
  readonly charge_amount: string
  /** How many pending credits and reversals were counted, together. */
  readonly credit_rows: number
  readonly credit_count: number
  readonly credit_amount: string
  readonly reversal_count: number
  readonly reversal_amount: string
  /** The enabled schedules of its bill group. */
  readonly schedules: readonly { readonly name: string; readonly cron: string; readonly timezone: string }[]
}

/**
 * One account with what waits for its next bill run, and the schedules of its bill group. It is one statement, so that all figures are of
 * the same moment. What is pending is read in the order of its index: without that, where one account has most charges, the planner would look through
 * all of them for the few of another. Throws a Refusal `account_not_found`.
 */
export async function readAccountOverview(db: Db, key: string): Promise<AccountOverviewRow> {
  const { rows } = await sql<AccountOverviewRow>`
    select account.*, ${SUMS}, now() as now, charges.*, credits.*, schedules.*
    from account
    cross join lateral (
      select count(*) as charge_count, coalesce(sum(amount), 0) as charge_amount from (
        select amount from charge where account_id = account.id and invoice_id is null
        order by account_id, charged_on limit ${sql.lit(MAX_PENDING_COUNTED)}) charge) charges
    cross join lateral (
      select count(*) as credit_rows,
        count(*) filter (where status = 'pending') as credit_count,
        coalesce(sum(amount) filter (where status = 'pending'), 0) as credit_amount,
        count(*) filter (where status = 'reversal_pending') as reversal_count,
        coalesce(sum(amount) filter (where status = 'reversal_pending'), 0) as reversal_amount
      from (
        select status, amount from credit where account_id = account.id and status in ('pending', 'reversal_pending')
        order by account_id limit ${sql.lit(MAX_PENDING_COUNTED)}) credit) credits
    cross join lateral (
      select coalesce(json_agg(json_build_object('name', name, 'cron', cron, 'timezone', timezone) order by name), '[]') as schedules from (
        select name, cron, timezone from schedule where bill_group = account.bill_group and enabled
        order by name limit ${sql.lit(MAX_SCHEDULES)}) schedule) schedules
    where key = ${key}`.execute(db)
  const [account] = rows
  if (!account) throw accountNotFound(key)
  return account
}
