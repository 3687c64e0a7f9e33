import { sql } from 'kysely'
import type { Db } from '../../db/open.ts'
import { type ReconcileOptions, type ReconcileReport, reconcile } from './reconcile.ts'

export type RecordedReconciliation = {
  readonly reconciliationId: number
  readonly report: ReconcileReport
  /** The violations of all rules together. */
  readonly violations: number
}

export type RecordOptions = ReconcileOptions & {
  /** The request that this answers. */
  readonly requestId?: string | undefined
}

/**
 * Checks every rule over the whole database, or over one bill run, and stores the report, for the metrics and GET /v1/reconciliations. The
 * statement that stores it answers the request for it, if there is one.
 */
export async function recordReconciliation(db: Db, options: RecordOptions = {}): Promise<RecordedReconciliation> {
  // Read before the snapshot, so that the report covers everything that ended before this time.
  const { rows: clock } = await sql<{ now: Date }>`select now() as now`.execute(db)
  const report = await reconcile(db, options)
  const violations = report.checks.reduce((sum, check) => sum + check.violations, 0)
  const checks = JSON.stringify(report.checks.map(({ name, violations, examples }) => ({ name, violations, examples })))
  const { rows } = await sql<{ id: number }>`
    with recorded as (
      insert into reconciliation (bill_run_id, started_at, ok, violations, report, invoices, credits)
      values (${options.billRunId ?? null}::uuid, ${clock[0]?.now}::timestamptz, ${report.ok}::boolean, ${violations}::integer,
        ${checks}::jsonb, ${report.over.invoices}::bigint, ${report.over.credits}::bigint)
      returning id),
    answered as (
      update reconciliation_request set reconciliation_id = recorded.id, started_at = coalesce(reconciliation_request.started_at, now()),
        rules_checked = ${report.checks.length}::integer, rules = ${report.checks.length}::integer
      from recorded where reconciliation_request.id = ${options.requestId ?? null}::uuid and reconciliation_id is null)
    select id from recorded`.execute(db)
  return { reconciliationId: (rows[0] as { id: number }).id, report, violations }
}
