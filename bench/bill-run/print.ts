import Table from 'cli-table3'
import { median } from '../median.ts'
import type { QueueKind } from '../servers.ts'
import type { BillRunReport } from './bench-bill-run.ts'
import type { BillRunResult } from './measure.ts'
import { rounded } from './rounded.ts'

type Summary = { readonly contestant: string; readonly runs: readonly BillRunResult[]; readonly rate: number }

/** From so many charges an account on, what a charge costs decides, not what an account costs. */
export const MANY_CHARGES = 4

/** Medians of each contestant, and ours against the others with what is aimed at. */
export function printBillRun({ results, accounts, charges }: BillRunReport, queue: QueueKind): string {
  const summaries = summarize(results)
  const many = charges >= MANY_CHARGES
  const [unit, units] = many ? ['a charge', charges] : ['an account', 1]
  const table = new Table({
    head: [
      `${accounts} accounts\n${charges} charges each`,
      'accounts/s',
      'charges/s',
      'seconds',
      `CPU µs ${unit}\nPostgres + Node`,
      `WAL bytes\n${unit}`,
      'memory MB\nat most',
    ],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  })
  for (const { contestant, runs, rate } of summaries) {
    const middle = (of: (run: BillRunResult) => number) => median(runs.map(of))
    const each = (of: (run: BillRunResult) => number) => (middle(of) / units).toFixed(many ? 1 : 0)
    const memory = Math.max(...runs.map(({ peakMemoryMb = 0 }) => peakMemoryMb))
    table.push([
      contestant,
      rounded(rate),
      Math.round(middle(({ chargesPerSecond }) => chargesPerSecond)),
      middle(({ seconds }) => seconds).toFixed(1),
      `${each(({ cpu }) => cpu.postgres)} + ${each(({ cpu }) => cpu.node)}`,
      each(({ walBytesPerAccount }) => walBytesPerAccount),
      memory === 0 ? '' : memory,
    ])
  }
  const goals = many
    ? { stamp: 0.7, 'first thing': 25, old: 5 }
    : { floor: queue === 'redis' ? 0.85 : 0.8, 'first thing': undefined, old: 1.4 }
  return [table.toString(), ...ratios(summaries, goals)].join('\n')
}

function summarize(results: readonly BillRunResult[]): readonly Summary[] {
  return [...Map.groupBy(results, ({ contestant }) => contestant)].map(([contestant, runs]) => ({
    contestant,
    runs,
    rate: median(runs.map(({ accountsPerSecond }) => accountsPerSecond)),
  }))
}

/** Ours against each other, with the goal where there is one. `goals` are by the beginning of a name: the floor's also says its shape. */
function ratios(summaries: readonly Summary[], goals: Readonly<Record<string, number | undefined>>): readonly string[] {
  const ours = summaries.find(({ contestant }) => contestant === 'ours')
  if (!ours) return []
  return Object.entries(goals).flatMap(([prefix, goal]) => {
    const other = summaries.find(({ contestant }) => contestant.startsWith(prefix))
    if (!other) return []
    const ratio = ours.rate / other.rate
    const aim = goal === undefined ? '' : ` (goal: at least ${goal})${ratio < goal ? '  MISSED' : ''}`
    return [`ours / ${prefix}: ${ratio.toFixed(2)}${aim}`]
  })
}
