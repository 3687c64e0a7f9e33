import { type Static, Type } from 'typebox'
import type { ReconciliationRow } from '../../reads/reconciliations.ts'
import { Uuid } from '../../requests/formats.ts'
import { ANSWERS } from '../example-answers.ts'
import type { List } from '../paging.ts'
import { NUMBER_PLACE } from '../places.ts'
import { Time } from './time.ts'

const Check = Type.Object({
  name: Type.String({ description: 'The rule' }),
  violations: Type.Integer({ description: 'Rows that break it, counted up to 1,000' }),
  examples: Type.Array(Type.String(), { description: 'Some of them, in words' }),
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
    checks: (row.report as Static<typeof Check>[] | null) ?? [],
    startedAt: row.started_at.toISOString(),
    finishedAt: row.finished_at.toISOString(),
  }
}

/** Reconciliations, as a list. */
export const RECONCILIATIONS: List<ReconciliationRow, number, ReconciliationView> = {
  present: presentReconciliation,
  format: NUMBER_PLACE,
  placeOf: ({ id }) => id,
}
