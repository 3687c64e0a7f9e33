import type { BillRun } from '../api/types.ts'
import { printable } from '../client/printable.ts'
import { runName, totalColumns } from './bill-run-columns.ts'
import { groupThousands } from './format-money.ts'
import { renderTable, type TableOptions } from './render-table.ts'

/** A run's status in a few lines, and below them its totals, one row for each currency. */
export function billRunText(run: BillRun, options?: TableOptions): string {
  const { accounts, billed, nothingToBill, failed } = run.progress
  const status = run.status.replaceAll('_', ' ')
  const heading = `Bill run ${run.billRunId} of ${printable(runName(run))} as of ${run.billDate}: ${status}${duration(run)}`
  const counts = [
    `Accounts: ${groupThousands(accounts)}, of which ${groupThousands(billed)} billed`,
    `${groupThousands(nothingToBill)} with nothing to bill`,
    `${groupThousands(failed)} failed`,
  ].join(', ')
  const totals = run.totals.length === 0 ? [] : [renderTable(totalColumns, run.totals, options)]
  const trouble = run.trouble ? [`Not yet, because ${printable(run.trouble.reason)}, since ${run.trouble.since}`] : []
  return [heading, counts, ...trouble, ...totals].join('\n')
}

function duration({ startedAt, finishedAt }: BillRun): string {
  if (startedAt === null || finishedAt === null) return ''
  return ` in ${((Date.parse(finishedAt) - Date.parse(startedAt)) / 1_000).toFixed(1)} s`
}
