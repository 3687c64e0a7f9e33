import type { BillRunReport } from '../bill-run/bench-bill-run.ts'
import type { BillRunResult } from '../bill-run/measure.ts'
import { median } from '../median.ts'
import type { QueueKind } from '../servers.ts'

export type Point = { readonly size: number; readonly rate: number }
export type Series = { readonly contestant: ContestantLine; readonly points: readonly Point[] }
export type ContestantLine = 'ours' | 'floor' | 'stamp' | 'old' | 'first thing'

/** What was measured with one backend of the queue, over one way in which a run can be large. */
export type Panel = {
  readonly over: 'accounts' | 'charges'
  readonly queue: QueueKind
  readonly series: readonly Series[]
}

/** What `bill-run --json` writes. The first files do not say how many charges and how much history there were: three, and none. */
export type ResultFile = {
  readonly settings: { readonly queue: QueueKind; readonly workers: number }
  readonly billRun?: Pick<BillRunReport, 'accounts'> & {
    readonly charges?: number
    readonly history?: number
    readonly results: readonly Pick<BillRunResult, 'contestant' | 'accountsPerSecond'>[]
  }
}

const QUEUES = ['postgres', 'redis'] as const
const LINES = {
  accounts: ['ours', 'floor', 'old', 'first thing'],
  charges: ['ours', 'stamp', 'old', 'first thing'],
} as const
const FEW_CHARGES = 3

type Run = {
  readonly contestant: string
  readonly queue: QueueKind
  readonly accounts: number
  readonly charges: number
  readonly accountsPerSecond: number
}

/** Medians over all rounds of all files, with one worker process. A panel of one size only says nothing, and is left out. */
export function readPanels(files: readonly ResultFile[]): readonly Panel[] {
  const runs = files.flatMap(({ settings: { queue, workers }, billRun }) => {
    if (!billRun || workers !== 1) return []
    const { accounts, charges = FEW_CHARGES, history = 0 } = billRun
    if (history > 0) return []
    return billRun.results.map((result): Run => ({ ...result, queue, accounts, charges }))
  })
  const panels = QUEUES.flatMap((queue): readonly Panel[] => {
    const own = runs.filter((run) => run.queue === queue)
    const few = own.filter(({ charges }) => charges === FEW_CHARGES)
    return [
      {
        over: 'accounts',
        queue,
        series: seriesOf(few, LINES.accounts, (run) => [run.accounts, run.accountsPerSecond]),
      },
      {
        over: 'charges',
        queue,
        series: seriesOf(own, LINES.charges, (run) => [run.charges, run.accountsPerSecond * run.charges]),
      },
    ]
  })
  return panels
    .filter(({ series }) => new Set(series.flatMap(({ points }) => points.map(({ size }) => size))).size > 1)
    .toSorted((a, b) => a.over.localeCompare(b.over))
}

function seriesOf(
  runs: readonly Run[],
  lines: readonly ContestantLine[],
  pointOf: (run: Run) => readonly [number, number],
): readonly Series[] {
  return lines
    .map((contestant) => {
      // The floor's name also says its shape, which may differ from size to size.
      const own = runs.filter((run) => run.contestant.startsWith(contestant)).map(pointOf)
      const points = [...Map.groupBy(own, ([size]) => size)]
        .map(([size, of]) => ({ size, rate: median(of.map(([, rate]) => rate)) }))
        .sort((a, b) => a.size - b.size)
      return { contestant, points }
    })
    .filter(({ points }) => points.length > 0)
}
