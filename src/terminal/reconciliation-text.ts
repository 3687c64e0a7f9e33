import { type Column, count, status, text } from './column.ts'
import { renderTable, type TableOptions } from './render-table.ts'

/** The output of `reconcile --json`: every rule of the ledger, with the number of its violations. */
export type ReconciliationReport = { readonly ok: boolean; readonly checks: readonly ReconciliationCheck[] }

export type ReconciliationCheck = {
  readonly name: string
  readonly description: string
  readonly violations: number
  readonly examples: readonly string[]
}

const columns: readonly Column<ReconciliationCheck>[] = [
  text('description', 'Rule', ({ description }) => description),
  count('violations', 'Violations', ({ violations }) => violations),
  status('ok', 'Result', ({ violations }) => (violations === 0 ? 'ok' : 'broken')),
]

/** Every rule, and below the table the first violations of each broken rule, in words. */
export function reconciliationText({ checks }: ReconciliationReport, options?: TableOptions): string {
  const broken = checks.filter(({ violations }) => violations > 0)
  return [
    renderTable(columns, checks, options),
    ...broken.map(({ description, examples }) => [`\nBroken: ${description}. Found:`, ...examples].join('\n  ')),
  ].join('\n')
}
