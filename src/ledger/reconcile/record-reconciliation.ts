import { sql } from 'kysely'
import type { Db } from '../../db/open.ts'
import { type ReconcileOptions, type ReconcileReport, reconcile } from './reconcile.ts'

export type RecordedReconciliation = {
  readonly reconciliationId: number
  readonly report: ReconcileReport
  /** The violations of all rules together. */
  readonly violations: number
}

/** Checks every rule over the whole database, or over one bill run, and stores the report, for the metrics and GET /v1/reconciliations. */
export async function recordReconciliation(db: Db, options: ReconcileOptions = {}): Promise<RecordedReconciliation> {
  // Read before the snapshot, so that the report covers everything that ended before this time.
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
