import Table from 'cli-table3'
import type { BillRunReport } from './bill-run.ts'
import type { BillRunResult } from './measure-bill-run.ts'
import { median } from './median.ts'

type Summary = { readonly contestant: string; readonly runs: readonly BillRunResult[]; readonly rate: number }

/** Medians of each contestant, and ours against the others with what is aimed at. */
export function printBillRun({ results, accounts }: BillRunReport): string {
  const summaries = summarize(results)
  const table = new Table({
    head: [
      `${accounts} accounts`,
      'accounts/s',
      'seconds',
      'CPU µs an account\nPostgres + Node',
      'WAL bytes\nan account',
      'memory MB\nat most',
    ],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  })
  for (const { contestant, runs, rate } of summaries) {
    const middle = (of: (run: BillRunResult) => number) => median(runs.map(of))
    const memory = Math.max(...runs.map(({ peakMemoryMb = 0 }) => peakMemoryMb))
    table.push([
      contestant,
      Math.round(rate),
      middle(({ seconds }) => seconds).toFixed(1),
      `${Math.round(middle(({ cpu }) => cpu.postgres))} + ${Math.round(middle(({ cpu }) => cpu.node))}`,
      Math.round(middle(({ walBytesPerAccount }) => walBytesPerAccount)),
      memory === 0 ? '' : memory,
    ])
  }
  return [table.toString(), ...ratios(summaries)].join('\n')
}

function summarize(results: readonly BillRunResult[]): readonly Summary[] {
  return [...Map.groupBy(results, ({ contestant }) => contestant)].map(([contestant, runs]) => ({
    contestant,
    runs,
    rate: median(runs.map(({ accountsPerSecond }) => accountsPerSecond)),
  }))
}

function ratios(summaries: readonly Summary[]): readonly string[] {
  const ours = summaries.find(({ contestant }) => contestant === 'ours')
  if (!ours) return []
  const against = (prefix: string, goal: number) => {
    const other = summaries.find(({ contestant }) => contestant.startsWith(prefix))
    if (!other) return []
    const ratio = ours.rate / other.rate
    return [`ours / ${prefix}: ${ratio.toFixed(2)} (goal: at least ${goal})${ratio < goal ? '  MISSED' : ''}`]
  }
  return [...against('floor', 0.7), ...against('first thing', 10)]
}
