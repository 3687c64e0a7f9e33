import Table from 'cli-table3'
import { median } from '../median.ts'
import type { StartReport } from './bench-start.ts'

/** Medians, each with what is aimed at. */
export function printStart({ first, later, memory, restarts, commands }: StartReport): string {
  const table = new Table({
    head: ['', 'measured', 'goal'],
    colAligns: ['left', 'right', 'left'],
    style: { head: [], border: [] },
  })
  const row = (what: string, value: number, unit: string, below?: number) => {
    const goal = below === undefined ? '' : `under ${below} ${unit}${value < below ? '' : '  MISSED'}`
    table.push([what, `${unit === 'MB' ? Math.round(value) : value.toFixed(2)} ${unit}`, goal])
  }
  row('the very first start, until it is ready', first.seconds, 's')
  row('CPU until then', first.cpuSeconds, 's')
  row('a later start, until it is ready', median(later.map(({ seconds }) => seconds)), 's', 2)
  row('CPU until then', median(later.map(({ cpuSeconds }) => cpuSeconds)), 's', 5)
  row('memory at rest, all processes', memory.mb, 'MB', 350)
  for (const { what, mb } of memory.processes) row(`  ${what}`, mb, 'MB')
  for (const { what, seconds } of restarts) row(`killed, until it serves: ${what}`, median(seconds), 's', 1.5)
  for (const { command, seconds, cpuSeconds } of commands) {
    const goal = command.endsWith('--help') ? 0.2 : 0.35
    row(command, seconds, 's', goal)
    row('  its CPU', cpuSeconds, 's', goal)
  }
  return table.toString()
}
