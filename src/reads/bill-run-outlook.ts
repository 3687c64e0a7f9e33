import { sql } from 'kysely'
import type { Db } from '../db/open.ts'

/** What somebody who is about to bill a group should know. */
export type BillRunOutlook = {
  /** How many days the bill date is ahead of today, which is the database's date in UTC; below zero when it is past. */
  readonly daysAhead: number
  readonly today: string
  /** When it was read. */
  readonly now: Date
  /** A run of the group that has not ended. */
  readonly underWay: { readonly id: string; readonly bill_date: string } | null
  /** The last run of the group that ended and was not cancelled, with its failures. */
  readonly last: { readonly id: string; readonly bill_date: string; readonly failed: number } | null
}

/** Reads what is to be known before a bill run of a group. `billDate`: YYYY-MM-DD. */
export async function readBillRunOutlook(db: Db, billGroup: string, billDate: string): Promise<BillRunOutlook> {
  const { rows } = await sql<BillRunOutlook>`
    select ${billDate}::date - current_date as "daysAhead", current_date as today, now() as now,
      (select json_build_object('id', id, 'bill_date', bill_date) from bill_run
        where bill_group = ${billGroup}::text and status in ('queued', 'running') order by created_at desc, id desc limit 1) as "underWay",
      (select json_build_object('id', id, 'bill_date', bill_date, 'failed',
          (select count(*) from bill_batch where bill_run_id = bill_run.id and status = 'failed'))
        from bill_run where bill_group = ${billGroup}::text and status in ('completed', 'completed_with_failures')
        order by created_at desc, id desc limit 1) as last`.execute(db)
  return rows[0] as BillRunOutlook
}
