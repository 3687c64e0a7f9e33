import { sql } from 'kysely'
import type { Db } from '../../db/open.ts'
import { type ReconcileOptions, type ReconcileReport, reconcile } from './reconcile.ts'

export type RecordedReconciliation = {
  readonly reconciliationId: number
  readonly report: ReconcileReport
  /** Of all rules together. */
  readonly violations: number
}

/** Proves every rule over the whole database, or over one bill run, and keeps the report, for the metrics and GET /v1/reconciliations. */
export async function recordReconciliation(db: Db, options: ReconcileOptions = {}): Promise<RecordedReconciliation> {
  // Before the snapshot: what ended before this moment was seen.
  const { rows } = await sql<{ now: Date }>`select now() as now`.execute(db)
  const report = await reconcile(db, options)
  const violations = report.checks.reduce((sum, check) => sum + check.violations, 0)
  const { id } = await db
    .insertInto('reconciliation')
    .values({
      bill_run_id: options.billRunId ?? null,
      started_at: rows[0]?.now as Date,
      ok: report.ok,
      violations,
      report: JSON.stringify(report.checks.map(({ name, violations, examples }) => ({ name, violations, examples }))),
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return { reconciliationId: id, report, violations }
}
