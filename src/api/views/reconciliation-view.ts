import { type Static, Type } from 'typebox'
import { RULE_DESCRIPTIONS } from '../../ledger/reconcile/reconcile.ts'
import type { ReconciliationRequestRow, ReconciliationRow } from '../../reads/reconciliations.ts'
import { Uuid } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'
import type { List } from '../paging.ts'
import { NUMBER_PLACE } from '../places.ts'
import { Time, TimeOrNull, timeOrNull } from './time.ts'

const Check = Type.Object({
  name: Type.String({ description: 'The rule' }),
  description: Type.Union([Type.String(), Type.Null()], {
    description: 'What the rule says, in a sentence; null for one that there is no more',
  }),
  held: Type.Boolean({ description: 'Whether nothing broke it' }),
  violations: Type.Integer({ description: 'Rows that break it, counted up to 1,000' }),
  examples: Type.Array(Type.String(), { description: 'The first of them, up to five, in words' }),
})
type StoredCheck = Pick<Static<typeof Check>, 'name' | 'violations' | 'examples'>

const CountOrNull = (of: string) =>
  Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
    description: `How many ${of} it went over; null from before they were counted`,
  })

export const ReconciliationView = Type.Object(
  {
    reconciliationId: Type.Integer(),
    billRunId: Type.Union([Uuid, Type.Null()], {
      description: 'The bill run whose rows were looked at; null when it was the whole database',
    }),
    ok: Type.Boolean({ description: 'Whether no rule was broken' }),
    violations: Type.Integer({ description: 'Of all rules together' }),
    checks: Type.Array(Check, { description: 'Every rule that was checked. None of those from before they were kept' }),
    invoices: CountOrNull('invoices'),
    credits: CountOrNull('credits'),
    startedAt: Time,
    finishedAt: Time,
  },
  { description: 'The reconciliation', examples: [ANSWERS.reconciliation] },
)
export type ReconciliationView = Static<typeof ReconciliationView>

export function presentReconciliation(row: ReconciliationRow): ReconciliationView {
  return {
    reconciliationId: row.id,
    billRunId: row.bill_run_id,
    ok: row.ok,
    violations: row.violations,
    checks: ((row.report as StoredCheck[] | null) ?? []).map(presentCheck),
    invoices: row.invoices,
    credits: row.credits,
    startedAt: row.started_at.toISOString(),
    finishedAt: row.finished_at.toISOString(),
  }
}

function presentCheck({ name, violations, examples }: StoredCheck): Static<typeof Check> {
  return { name, description: RULE_DESCRIPTIONS.get(name) ?? null, held: violations === 0, violations, examples }
}

export const ReconciliationRequestView = Type.Object(
  {
    reconciliationRequestId: Uuid,
    status: Type.Enum(['queued', 'running', 'done']),
    rulesChecked: Type.Integer({ minimum: 0 }),
    rules: Type.Integer({ minimum: 0, description: 'How many there are; 0 until it runs' }),
    reconciliationId: Type.Union([Type.Integer(), Type.Null()], { description: 'What came of it, when it is done' }),
    requestedAt: Time,
    startedAt: TimeOrNull,
  },
  { description: 'The request, accepted durably', examples: [ANSWERS.reconciliationRequest] },
)
export type ReconciliationRequestView = Static<typeof ReconciliationRequestView>

export function presentReconciliationRequest(row: ReconciliationRequestRow): ReconciliationRequestView {
  return {
    reconciliationRequestId: row.id,
    status: row.reconciliation_id !== null ? 'done' : row.started_at !== null ? 'running' : 'queued',
    rulesChecked: row.rules_checked,
    rules: row.rules,
    reconciliationId: row.reconciliation_id,
    requestedAt: row.requested_at.toISOString(),
    startedAt: timeOrNull(row.started_at),
  }
}

/** Reconciliations, as a list. */
export const RECONCILIATIONS: List<ReconciliationRow, number, ReconciliationView> = {
  present: presentReconciliation,
  format: NUMBER_PLACE,
  placeOf: ({ id }) => id,
}
