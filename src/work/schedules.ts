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

/** The kind of work that a schedule's time is: it proposes a bill run. */
export const SCHEDULE_TICK = 'schedule-tick'

const enabledSchedules = (db: Db) => db.selectFrom('schedule').selectAll().where('enabled', '=', true).execute()

/**
 * Proposes the bill run that each schedule was last due for. The database lets one through for each schedule and business date, so
 * a repeated tick, a second scheduler or a restart makes no second run, and a tick that was missed is made up once. The clock is the
 * database's, one for all: that of a machine which is a day ahead would take tomorrow's run away.
 */
export async function proposeDueRuns(db: Db, queues: Queues, log: Logger): Promise<void> {
  const { rows } = await sql<{ now: Date }>`select now() as now`.execute(db)
  const { now } = rows[0] as { now: Date }
  for (const schedule of await enabledSchedules(db)) {
    // What is wrong with one schedule keeps no other from its run.
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
      const doer = { source: 'schedule', name: schedule.name } as const
      if (started !== undefined) await writeAudit(tx, doer, { action: 'bill-run.start', subject: started })
      return started
    })
    if (billRunId === undefined) return
    log.info({ schedule: schedule.name, date, billRunId }, 'scheduled bill run')
    await queues.wake('bill-run', [billRunId])
  }
}

/** Makes the queue's own schedulers agree with the schedules: all of them after the queue was lost, none that was deleted. */
export async function syncSchedulers(db: Db, queues: Queues): Promise<void> {
  const queue = queues.of(SCHEDULE_TICK)
  const wanted = await enabledSchedules(db)
  const present = await queue.getJobSchedulers(0, -1)
  for (const { name, cron, timezone } of wanted) {
    const same = present.some(({ key, pattern, tz }) => key === name && pattern === cron && tz === timezone)
    if (same) continue
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
