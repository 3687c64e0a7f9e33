import { type Selectable, sql } from 'kysely'
import type { Logger } from 'pino'
import { dateIn, lastDue } from '../cron.ts'
import type { Db } from '../db/open.ts'
import type { Schedule } from '../db/schema.ts'
import { inTransaction } from '../db/transaction.ts'
import { writeAudit } from '../ledger/audit/write-audit.ts'
import { startBillRun } from '../ledger/bill-runs/start-bill-run.ts'
import { wakeUp } from '../queue/job-contract.ts'
import type { Queues } from '../queue/queues.ts'

/** The kind of work that BullMQ enqueues when a schedule is due: it proposes a bill run. */
export const SCHEDULE_TICK = 'schedule-tick'

const enabledSchedules = (db: Db) => db.selectFrom('schedule').selectAll().where('enabled', '=', true).execute()

/**
 * Proposes the bill run that each schedule was last due for. A unique constraint allows one run for each schedule and business date. So a
 * repeated tick, a second scheduler or a restart starts no second run, and a missed tick is made up once. The database's clock decides: a
 * machine whose own clock is a day ahead would start tomorrow's run today.
 */
export async function proposeDueRuns(db: Db, queues: Queues, log: Logger): Promise<void> {
  const { rows } = await sql<{ now: Date }>`select now() as now`.execute(db)
  const { now } = rows[0] as { now: Date }
  for (const schedule of await enabledSchedules(db)) {
    // An error with one schedule must not stop the others.
    await propose(schedule).catch((error: unknown) =>
      log.warn({ err: error, schedule: schedule.name }, 'could not propose a bill run'),
    )
  }

  async function propose(schedule: Selectable<Schedule>): Promise<void> {
    const due = lastDue(schedule, now)
    if (!due || due < schedule.effective_from) return
    const date = dateIn(schedule.timezone, due)
    const billRunId = await inTransaction(db, async (tx) => {
      const started = await startBillRun(tx, {
        of: { billGroup: schedule.bill_group },
        billDate: date,
        name: `${schedule.name} ${date}`,
        schedule: { name: schedule.name, date },
      })
      const actor = { source: 'schedule', name: schedule.name } as const
      if (started !== undefined) await writeAudit(tx, actor, { action: 'bill-run.start', subject: started })
      return started
    })
    if (billRunId === undefined) return
    log.info({ schedule: schedule.name, date, billRunId }, 'scheduled bill run')
    await queues.wake('bill-run', [billRunId])
  }
}

/** Makes BullMQ's job schedulers match the schedules: adds those that are missing, as after the queue was lost, and removes the others. */
export async function syncSchedulers(db: Db, queues: Queues): Promise<void> {
  const queue = queues.of(SCHEDULE_TICK)
  const wanted = await enabledSchedules(db)
  const present = await queue.getJobSchedulers(0, -1)
  for (const { name, cron, timezone } of wanted) {
    const upToDate = present.some(({ key, pattern, tz }) => key === name && pattern === cron && tz === timezone)
    if (upToDate) continue
    await queue.upsertJobScheduler(
      name,
      { pattern: cron, tz: timezone },
      {
        name: SCHEDULE_TICK,
        data: wakeUp([name]),
        opts: { removeOnComplete: true, removeOnFail: { age: 86_400 } },
      },
    )
  }
  for (const { key } of present) {
    if (!wanted.some(({ name }) => name === key)) await queue.removeJobScheduler(key)
  }
}
