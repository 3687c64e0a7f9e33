import { type Selectable, sql } from 'kysely'
import type { Tx } from '../../db/open.ts'
import type { Schedule } from '../../db/schema.ts'

export type ScheduleSetting = {
  /** Five fields. */
  readonly cron: string
  /** IANA name. */
  readonly timezone: string
  readonly billGroup: string
  readonly enabled: boolean
}

/** Creates a schedule of bill runs, or replaces the one with this name. Does not check `cron` and `timezone`. */
export async function setSchedule(
  tx: Tx,
  name: string,
  { cron, timezone, billGroup, enabled }: ScheduleSetting,
): Promise<Selectable<Schedule>> {
  const values = { cron, timezone, bill_group: billGroup, enabled }
  return await tx
    .insertInto('schedule')
    .values({ name, ...values, effective_from: sql<Date>`now()` })
    // A schedule that is set again without a change keeps `effective_from`, so that it still makes up a missed run.
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet({
        ...values,
        effective_from: sql<Date>`case
          when (schedule.cron, schedule.timezone, schedule.bill_group, schedule.enabled)
            = (excluded.cron, excluded.timezone, excluded.bill_group, excluded.enabled) then schedule.effective_from
          else now() end`,
      }),
    )
    .returningAll()
    .executeTakeFirstOrThrow()
}
