import { sql } from 'kysely'
import type { Tx } from '../../db/open.ts'
import { Refusal } from '../../problems.ts'

/** How many days ahead of today a bill date may be. */
export const MAX_DAYS_AHEAD = 31

/**
 * Refuses a bill date far ahead of today: it is mostly a typing error, and it would bill charges that are dated years from now. Today is
 * the database's date, in UTC, which is the same for all processes. Throws a Refusal `bill_date_too_far`.
 */
export async function checkBillDate(tx: Tx, billDate: string): Promise<void> {
  const { rows } = await sql<{ tooFar: boolean; today: string; last: string }>`
    select ${billDate}::date > current_date + ${MAX_DAYS_AHEAD}::integer as "tooFar",
      current_date::text as today, (current_date + ${MAX_DAYS_AHEAD}::integer)::text as last`.execute(tx)
  if (!rows[0]?.tooFar) return
  const { today, last } = rows[0]
  const message = `must be ${last} or earlier, ${MAX_DAYS_AHEAD} days ahead of today (${today}), unless allowFuture is true`
  throw new Refusal('bill_date_too_far', `the bill date ${billDate} ${message}`, [{ pointer: '/billDate', message }])
}
