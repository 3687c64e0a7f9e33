import { nextTimes } from '../cron.ts'
import type { Db } from '../db/open.ts'
import type { BillRunRow } from '../reads/bill-runs.ts'
import {
  type ReconciliationRequestRow,
  type ReconciliationRow,
  readLastReconciliation,
  readOpenReconciliationRequest,
} from '../reads/reconciliations.ts'
import type { ScheduleRow } from '../reads/schedules.ts'
import type { Kind } from '../work/kind.ts'
import type { WorkFacts } from './facts.ts'
import { type Finding, findWrong, judge, type Verdict } from './findings.ts'
import type { Readiness } from './health.ts'
import { readEnabledSchedules, readFacts } from './read-facts.ts'

/** How many of the next runs are told of. */
const MAX_NEXT = 20

export type NextRun = {
  readonly schedule: string
  readonly billGroup: string
  readonly at: Date
  readonly billDate: string
  readonly timezone: string
}

/** Whether anything is wrong, and how the work goes on. */
export type Operations = {
  /** When it was looked at, by the database's clock. */
  readonly at: Date
  readonly verdict: Verdict
  readonly findings: readonly Finding[]
  readonly work: readonly WorkFacts[]
  readonly lastRun: BillRunRow | null
  readonly nextRuns: readonly NextRun[]
  /** The last reconciliation of the whole database, and the one that somebody asked for and is not done. */
  readonly reconciliation: ReconciliationRow | undefined
  readonly reconciliationRequest: ReconciliationRequestRow | undefined
}

/** Reads how things stand and decides what is wrong. Requests that come while it is read share the answer. */
export function openOperations(
  db: Db,
  kinds: readonly Kind[],
  readReadiness: () => Promise<Readiness>,
): () => Promise<Operations> {
  let underWay: Promise<Operations> | undefined
  return () => {
    underWay ??= readOperations(db, kinds, readReadiness).finally(() => {
      underWay = undefined
    })
    return underWay
  }
}

async function readOperations(
  db: Db,
  kinds: readonly Kind[],
  readReadiness: () => Promise<Readiness>,
): Promise<Operations> {
  const readiness = await readReadiness()
  const reconciliation = await readLastReconciliation(db)
  const schedules = await readEnabledSchedules(db)
  const facts = await readFacts(db, kinds, { readiness, reconciliation, schedules })
  const findings = findWrong(facts)
  return {
    at: facts.now,
    verdict: judge(findings),
    findings,
    work: facts.work,
    lastRun: facts.lastRun,
    nextRuns: nextRunsOf(schedules, facts.now),
    reconciliation,
    reconciliationRequest: await readOpenReconciliationRequest(db),
  }
}

function nextRunsOf(schedules: readonly ScheduleRow[], now: Date): readonly NextRun[] {
  return schedules
    .flatMap(({ name, cron, timezone, bill_group }) =>
      nextTimes({ cron, timezone }, now, 1).map(({ at, billDate }) => ({
        schedule: name,
        billGroup: bill_group,
        at,
        billDate,
        timezone,
      })),
    )
    .toSorted((a, b) => a.at.getTime() - b.at.getTime())
    .slice(0, MAX_NEXT)
}
