import { dateIn, lastDue } from '../cron.ts'
import type { Db } from '../db/open.ts'
import { readBillRun } from '../reads/bill-runs.ts'
import {
  readBrokenRuns,
  readExpiringKeys,
  readFailedRequests,
  readLastRunIds,
  readLastTaken,
  readOpenRuns,
  readRunsWithFailures,
  readSampledKinds,
  readScheduledRuns,
} from '../reads/operations.ts'
import { readClock } from '../reads/operations-history.ts'
import type { ReconciliationRow } from '../reads/reconciliations.ts'
import { listSchedules, type ScheduleRow } from '../reads/schedules.ts'
import type { Kind } from '../work/kind.ts'
import { readBacklogs } from './backlogs.ts'
import type { Facts, ReconciliationFacts, ScheduleFacts, WorkFacts } from './facts.ts'
import type { Readiness } from './health.ts'

/** How many schedules are looked at. */
const MAX_SCHEDULES = 100

/** What is read for the facts and shown beside what is found. */
export type Given = {
  readonly readiness: Readiness
  readonly reconciliation: ReconciliationRow | undefined
  readonly schedules: readonly ScheduleRow[]
}

/** The schedules that are on, in one page. */
export async function readEnabledSchedules(db: Db): Promise<readonly ScheduleRow[]> {
  return (await listSchedules(db, { limit: MAX_SCHEDULES, after: undefined })).filter(({ enabled }) => enabled)
}

/** Reads all that it takes to decide whether something is wrong, one after the other: many who ask use one connection each. */
export async function readFacts(db: Db, kinds: readonly Kind[], given: Given): Promise<Facts> {
  const now = await readClock(db)
  const { last, before } = await readLastRunIds(db)
  return {
    now,
    readiness: given.readiness,
    work: await readWork(db, kinds),
    failedRequests: await readFailedRequests(db),
    schedules: await readDueSchedules(db, given.schedules, now),
    runsWithFailures: await readRunsWithFailures(db),
    openRuns: await readOpenRuns(db),
    lastRun: last === undefined ? null : await readBillRun(db, last),
    runBefore: before === undefined ? null : await readBillRun(db, before),
    reconciliation: given.reconciliation ? factsOf(given.reconciliation) : null,
    brokenRuns: (await readBrokenRuns(db)).map(({ reconciliation_id, violations, report, reconciled_at, ...run }) => ({
      ...factsOf({ id: reconciliation_id, ok: false, violations, report, finished_at: reconciled_at }),
      run,
    })),
    keys: await readExpiringKeys(db),
  }
}

async function readWork(db: Db, kinds: readonly Kind[]): Promise<readonly WorkFacts[]> {
  const backlogs = new Map((await readBacklogs(db, kinds)).map((backlog) => [backlog.kind, backlog]))
  const sampled = new Map((await readSampledKinds(db)).map((row) => [row.kind, row]))
  const lastTaken = await readLastTaken(db)
  return kinds.flatMap(({ name: kind, durable }) =>
    durable
      ? [
          {
            kind,
            isRequest: durable.isRequest,
            open: backlogs.get(kind)?.open ?? 0,
            oldestSeconds: backlogs.get(kind)?.oldest ?? 0,
            usualSeconds: sampled.get(kind)?.usual_seconds ?? null,
            donePerMinute: sampled.get(kind)?.done_per_minute ?? null,
            failedLastHour: sampled.get(kind)?.failed_last_hour ?? 0,
            lastTakenAt: lastTaken.get(kind) ?? null,
          },
        ]
      : [],
  )
}

/** When each was due last, unless it was changed since or its timing is known no more. */
async function readDueSchedules(
  db: Db,
  schedules: readonly ScheduleRow[],
  now: Date,
): Promise<readonly ScheduleFacts[]> {
  const due = schedules.flatMap(({ name, cron, timezone, effective_from }) => {
    const at = lastDueOrNone({ cron, timezone }, now)
    return at && at >= effective_from ? [{ name, at, date: dateIn(timezone, at) }] : []
  })
  const runs = await readScheduledRuns(db, due)
  return due.map(({ name, at }) => ({
    name,
    due: at,
    proposed: runs.has(name),
    begun: runs.get(name)?.begun ?? false,
  }))
}

/** A schedule whose timing cannot be computed must not hide everything else. */
function lastDueOrNone(timing: Parameters<typeof lastDue>[0], now: Date): Date | undefined {
  try {
    return lastDue(timing, now)
  } catch {
    return undefined
  }
}

type Reconciled = Pick<ReconciliationRow, 'id' | 'ok' | 'violations' | 'finished_at'> & { readonly report: unknown }

function factsOf({ id, ok, violations, report, finished_at }: Reconciled): ReconciliationFacts {
  const checks = (report ?? []) as readonly { readonly name: string; readonly violations: number }[]
  const broken = checks.filter((check) => check.violations > 0).map(({ name }) => name)
  return { id, ok, violations, broken, finishedAt: finished_at }
}
