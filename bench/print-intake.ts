import Table from 'cli-table3'
import type { MeasuredLoad } from './intake/load.ts'
import type { IntakeReport } from './intake.ts'
import { median } from './median.ts'

type Row = {
  readonly what: string
  readonly measured: string
  readonly cpu?: string
  readonly against?: string
  readonly ratio?: number
  readonly goal?: string
  readonly met?: boolean
}

/** Medians, each with what is aimed at. */
export function printIntake(report: IntakeReport): string {
  const table = new Table({
    head: ['credits', 'measured', 'CPU µs a credit\nPostgres + Redis + Node', 'against', 'ratio', 'goal'],
    colAligns: ['left', 'right', 'right', 'left', 'right', 'left'],
    style: { head: [], border: [] },
  })
  for (const { what, measured, cpu = '', against = '', ratio, goal = '', met = true } of rows(report)) {
    table.push([what, measured, cpu, against, ratio?.toFixed(2) ?? '', met ? goal : `${goal}  MISSED`])
  }
  return table.toString()
}

function rows(report: IntakeReport): readonly Row[] {
  const { latency, coldStart } = report
  const [bare, single, batches] = [rate(report.bare), rate(report.single), rate(report.batches)]
  const beside = rate(report.singleBesideWorker)
  const alone = rate(report.carriedOutAlone)
  const together = rate(report.carriedOutSingle)
  const inBatches = rate(report.carriedOutBatches)
  const started = median(coldStart.later)
  return [
    { what: 'only queue.add on Redis, 64 connections', measured: perSecond(bare), cpu: cpu(report.bare) },
    {
      what: 'accepted one by one, 64 connections',
      measured: perSecond(single),
      cpu: cpu(report.single),
      against: 'only queue.add',
      ...atLeast(single / bare, 0.6),
    },
    {
      what: 'the same beside a busy worker',
      measured: perSecond(beside),
      against: 'only queue.add',
      ratio: beside / bare,
    },
    {
      what: 'accepted in batches of 1,000',
      measured: perSecond(batches),
      cpu: cpu(report.batches),
      against: 'one by one',
      ...atLeast(batches / single, 8),
    },
    { what: 'carried out, accepted over 1 connection', measured: perSecond(alone) },
    {
      what: 'carried out, accepted over 64 connections',
      measured: perSecond(together),
      against: 'over 1',
      ratio: together / alone,
    },
    {
      what: 'carried out, accepted in batches of 1,000',
      measured: perSecond(inBatches),
      against: 'over 1',
      ...atLeast(inBatches / alone, 8),
    },
    { what: '', measured: '', against: 'over 64', ...atLeast(inBatches / together, 8) },
    {
      what: 'at rest, POST to pending, median',
      measured: `${latency.median.toFixed(1)} ms`,
      goal: 'under 50 ms',
      met: latency.median < 50,
    },
    { what: 'at rest, POST to pending, 95 in 100', measured: `${latency.p95.toFixed(1)} ms` },
    {
      what: 'cold start to ready, median',
      measured: `${started.toFixed(2)} s`,
      goal: 'under 5 s',
      met: started < 5,
    },
    { what: 'the very first start', measured: `${coldStart.first.toFixed(2)} s` },
  ]
}

const rate = (results: readonly { readonly creditsPerSecond: number }[]) =>
  median(results.map(({ creditsPerSecond }) => creditsPerSecond))
const perSecond = (credits: number) => `${Math.round(credits)}/s`
const atLeast = (ratio: number, least: number) => ({ ratio, goal: `at least ${least}`, met: ratio >= least })

function cpu(loads: readonly MeasuredLoad[]): string {
  const middle = (kind: 'postgres' | 'redis' | 'node') => Math.round(median(loads.map((load) => load.cpu[kind])))
  return `${middle('postgres')} + ${middle('redis')} + ${middle('node')}`
}
