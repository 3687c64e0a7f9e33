import { csvOf } from '../csv-page.ts'
import type { PageRoutes } from '../visit.ts'
import { failureQueryOf } from './bill-run-failures.ts'
import { billRunQueryOf } from './bill-runs.ts'

/** The lists of pages as files, where the page's own file does not register it. */
export function listFiles(routes: PageRoutes): void {
  csvOf(routes, '/keys', () => ({ list: 'v1/keys', query: {} }), 'admin')
  csvOf(routes, '/reconciliations', () => ({ list: 'v1/reconciliations', query: {} }))
  csvOf(routes, '/schedules', () => ({ list: 'v1/schedules', query: {} }))
  csvOf(routes, '/sessions', () => ({ list: 'v1/sessions', query: {} }))
  csvOf(routes, '/bill-runs', (visit) => ({ list: 'v1/bill-runs', query: billRunQueryOf(visit) }))
  csvOf(routes, '/bill-runs/:billRunId/failures', (visit) => ({
    list: `v1/bill-runs/${encodeURIComponent(visit.params.billRunId as string)}/failures`,
    query: failureQueryOf(visit),
  }))
}
