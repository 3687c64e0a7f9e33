import { type Static, Type } from 'typebox'
import { LEVELS, TARGETS } from '../../ops/findings.ts'
import type { Operations } from '../../ops/read-operations.ts'
import { BillGroup, CalendarDate } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'
import { BillRunView, presentBillRun } from './bill-run-view.ts'
import {
  presentReconciliation,
  presentReconciliationRequest,
  ReconciliationRequestView,
  ReconciliationView,
} from './reconciliation-view.ts'
import { ScheduleName } from './schedule-view.ts'
import { Time, TimeOrNull, timeOrNull } from './time.ts'

const Count = Type.Integer({ minimum: 0 })
const Seconds = Type.Number({ minimum: 0 })
const OrNull = <T extends Type.TSchema>(schema: T, description: string) =>
  Type.Union([schema, Type.Null()], { description })

const Target = Type.Object(
  {
    kind: Type.Enum([...TARGETS]),
    id: OrNull(Type.String(), 'Of the one that is meant; null for a list'),
    status: Type.Optional(Type.Enum(['queued', 'failed'])),
    type: Type.Optional(Type.String()),
  },
  { description: 'Where it is mended: one thing by its id, or a list by a filter' },
)

const FindingView = Type.Object({
  level: Type.Enum([...LEVELS]),
  code: Type.String({ description: 'Stable: branch on this' }),
  what: Type.String({ description: 'What is wrong, in words, without a full stop' }),
  why: Type.String({ description: 'How bad it is, and what is safe: a few sentences' }),
  since: TimeOrNull,
  action: Type.Object({ label: Type.String(), target: Target }),
})

const WorkView = Type.Object({
  kind: Type.String({ description: 'The kind of work' }),
  isRequest: Type.Boolean({ description: 'Whether callers wait for it; a batch waits for its turn in a bill run' }),
  open: Count,
  oldestSeconds: Type.Number({ minimum: 0, description: 'The age of the oldest; 0 for none' }),
  usualSeconds: OrNull(
    Seconds,
    'The median age of the oldest in 7 days; null when it was measured for less than an hour',
  ),
  donePerMinute: OrNull(Count, 'In the last whole minute; null when it was not measured: does the relay run?'),
  failedLastHour: Count,
  lastTakenAt: OrNull(Time, 'When a worker last took one; null if never'),
})

export const OperationsView = Type.Object(
  {
    at: Time,
    verdict: Type.Object({
      level: Type.Enum([...LEVELS, 'well']),
      findings: Count,
      title: Type.String({ description: 'In a few words: notes need nobody' }),
    }),
    findings: Type.Array(FindingView, { description: 'The worst first' }),
    now: Type.Array(WorkView, { description: 'How each kind of work goes on' }),
    lastRun: OrNull(BillRunView, 'The bill run that ended last, cancelled ones left out'),
    nextRuns: Type.Array(
      Type.Object({
        schedule: ScheduleName,
        billGroup: BillGroup,
        at: Time,
        billDate: CalendarDate,
        timezone: Type.String(),
      }),
      { description: 'When each schedule that is on is due next, the next first' },
    ),
    reconciliation: Type.Object({
      last: OrNull(ReconciliationView, 'The last one of the whole database'),
      request: OrNull(ReconciliationRequestView, 'The one that somebody asked for and is not done'),
    }),
  },
  { description: 'Whether anything is wrong', examples: [ANSWERS.operations] },
)
export type OperationsView = Static<typeof OperationsView>

export function presentOperations(found: Operations): OperationsView {
  return {
    at: found.at.toISOString(),
    verdict: found.verdict,
    findings: found.findings.map((finding) => ({ ...finding, since: timeOrNull(finding.since) })),
    now: found.work.map((work) => ({ ...work, lastTakenAt: timeOrNull(work.lastTakenAt) })),
    lastRun: found.lastRun ? presentBillRun(found.lastRun) : null,
    nextRuns: found.nextRuns.map((next) => ({ ...next, at: next.at.toISOString() })),
    reconciliation: {
      last: found.reconciliation ? presentReconciliation(found.reconciliation) : null,
      request: found.reconciliationRequest ? presentReconciliationRequest(found.reconciliationRequest) : null,
    },
  }
}
