import type { BillRunReport } from '../bill-run.ts'
import { median } from '../median.ts'
import type { QueueKind } from '../servers.ts'

export type Point = { readonly accounts: number; readonly rate: number }
export type Series = { readonly contestant: 'ours' | 'floor' | 'first thing'; readonly points: readonly Point[] }
/** What was measured with one backend of the queue. */
export type Panel = { readonly queue: QueueKind; readonly series: readonly Series[] }

/** What `node bench/run.ts --json` writes. */
export type ResultFile = {
  readonly settings: { readonly queue: QueueKind; readonly workers: number }
  readonly billRun?: BillRunReport
}

const QUEUES = ['postgres', 'redis'] as const
const CONTESTANTS = ['ours', 'floor', 'first thing'] as const

/** Medians over all rounds of all files, with one worker process. The floor's name also says its shape, which may differ from size to size. */
export function readPanels(files: readonly ResultFile[]): readonly Panel[] {
  const runs = files.flatMap(({ settings: { queue, workers }, billRun }) =>
    billRun && workers === 1 ? billRun.results.map((result) => ({ ...result, queue, accounts: billRun.accounts })) : [],
  )
  return QUEUES.map((queue) => ({
    queue,
    series: CONTESTANTS.map((contestant) => {
      const own = runs.filter((run) => run.queue === queue && run.contestant.startsWith(contestant))
      const points = [...Map.groupBy(own, ({ accounts }) => accounts)]
        .map(([accounts, of]) => ({ accounts, rate: median(of.map(({ accountsPerSecond }) => accountsPerSecond)) }))
        .sort((a, b) => a.accounts - b.accounts)
      return { contestant, points }
    }).filter(({ points }) => points.length > 0),
  })).filter(({ series }) => series.length > 0)
}
