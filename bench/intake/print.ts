import Table from 'cli-table3'
import type { CpuTime } from '../cpu-time.ts'
import { median } from '../median.ts'
import type { IntakeReport } from './bench-intake.ts'

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
    head: ['', 'measured', 'CPU µs each\nPostgres + Redis + Node', 'against', 'ratio', 'goal'],
    colAligns: ['left', 'right', 'right', 'left', 'right', 'left'],
    style: { head: [], border: [] },
  })
  for (const { what, measured, cpu = '', against = '', ratio, goal = '', met = true } of rows(report)) {
    table.push([what, measured, cpu, against, ratio?.toFixed(2) ?? '', met ? goal : `${goal}  MISSED`])
  }
  return table.toString()
}

function rows(report: IntakeReport): readonly Row[] {
  const { latency } = report
  const [bare, single, batches] = [rate(report.bare), rate(report.single), rate(report.batches)]
  const beside = rate(report.singleBesideWorker)
  const alone = rate(report.carriedOutAlone)
  const together = rate(report.carriedOutSingle)
  const inBatches = rate(report.carriedOutBatches)
  const [charges, insertedCharges] = [rate(report.charges), rate(report.insertedCharges)]
  return [
    { what: 'only queue.add on Redis, 64 connections', measured: perSecond(bare), cpu: cpu(report.bare) },
    {
      what: 'credits accepted one by one, 64 connections',
      measured: perSecond(single),
      cpu: cpu(report.single),
      against: 'only queue.add',
      ...atLeast(single / bare, 0.75),
    },
    {
      what: 'the same beside a busy worker',
      measured: perSecond(beside),
      against: 'only queue.add',
      ratio: beside / bare,
    },
    {
      what: 'credits accepted in batches of 1,000, 4 connections',
      measured: perSecond(batches),
      cpu: cpu(report.batches),
      against: 'one by one',
      ratio: batches / single,
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
      ratio: inBatches / alone,
    },
    { what: '', measured: '', against: 'over 64', ratio: inBatches / together },
    {
      what: 'charges accepted, 1,000 at a time, 4 connections',
      measured: perSecond(charges),
      cpu: cpu(report.charges),
      against: 'insert of unnest',
      ...atLeast(charges / insertedCharges, 0.6),
    },
    { what: 'charges by insert of unnest', measured: perSecond(insertedCharges), cpu: cpu(report.insertedCharges) },
    {
      what: 'at rest, POST to pending, median',
      measured: `${latency.median.toFixed(1)} ms`,
      goal: 'under 10 ms',
      met: latency.median < 10,
    },
    {
      what: 'at rest, POST to pending, 95 in 100',
      measured: `${latency.p95.toFixed(1)} ms`,
      goal: 'under 20 ms',
      met: latency.p95 < 20,
    },
  ]
}

const rate = (results: readonly { readonly perSecond: number }[]) => median(results.map(({ perSecond }) => perSecond))
const perSecond = (value: number) => `${Math.round(value)}/s`
const atLeast = (ratio: number, least: number) => ({ ratio, goal: `at least ${least}`, met: ratio >= least })

function cpu(loads: readonly { readonly cpu: CpuTime }[]): string {
  const middle = (kind: 'postgres' | 'redis' | 'node') => Math.round(median(loads.map((load) => load.cpu[kind])))
  return `${middle('postgres')} + ${middle('redis')} + ${middle('node')}`
}
