import type { BillRunRow } from '../reads/bill-runs.ts'
import type { FailureCount, OpenRun, RunWithFailures } from '../reads/operations.ts'
import type { Readiness } from './health.ts'

/** How a kind of work goes on. */
export type WorkFacts = {
  readonly kind: string
  /** Whether callers wait for it, as for a credit; a batch waits for its turn in a bill run. */
  readonly isRequest: boolean
  readonly open: number
  readonly oldestSeconds: number
  /** The median of the last seven days; null when it was not measured for an hour. */
  readonly usualSeconds: number | null
  /** In the last whole minute; null when nobody measured it. */
  readonly donePerMinute: number | null
  readonly failedLastHour: number
  readonly lastTakenAt: Date | null
}

/** The last time at which a schedule was due. */
export type ScheduleFacts = {
  readonly name: string
  readonly due: Date
  /** Whether its bill run was proposed, and whether a worker began it. */
  readonly proposed: boolean
  readonly begun: boolean
}

export type ReconciliationFacts = {
  readonly id: number
  readonly ok: boolean
  readonly violations: number
  /** The names of the rules that were broken. */
  readonly broken: readonly string[]
  readonly finishedAt: Date
}

/** All that is known when it is decided whether something is wrong. */
export type Facts = {
  readonly now: Date
  readonly readiness: Readiness
  readonly work: readonly WorkFacts[]
  readonly failedRequests: { readonly counts: readonly FailureCount[]; readonly since: Date | null }
  readonly schedules: readonly ScheduleFacts[]
  readonly runsWithFailures: readonly RunWithFailures[]
  readonly openRuns: readonly OpenRun[]
  /** The run that ended last, and the one of its schedule or bill group before it. */
  readonly lastRun: BillRunRow | null
  readonly runBefore: BillRunRow | null
  /** The last one of the whole database. */
  readonly reconciliation: ReconciliationFacts | null
  /** Bill runs whose rows broke a rule when they were last reconciled. */
  readonly brokenRuns: readonly (ReconciliationFacts & { readonly run: RunName })[]
  /** Keys that expire soon. */
  readonly keys: readonly { readonly id: string; readonly name: string; readonly expiresAt: Date }[]
}

/** What a bill run is called by. */
export type RunName = Pick<BillRunRow, 'id' | 'name' | 'schedule_name' | 'bill_group' | 'bill_date'>
