import Table from 'cli-table3'
import type { ListsReport } from './bench-lists.ts'
import type { MeasuredRequest } from './measure-request.ts'

const LIST_MS = 30
const LARGE_MS = 50

type Row = { readonly what: string; readonly requests: readonly MeasuredRequest[] }

/** Of each list its slowest requests, and what is asked of the large accounts, each with what is aimed at. */
export function printLists({ lists, large, memory, sizes }: ListsReport): string {
  const rows = [...Map.groupBy(lists, ({ path }) => path)].map(([path, requests]) => ({
    what: `${path}, ${requests.length} kinds of request`,
    requests,
  }))
  const each = large.map((request) => ({ what: request.what, requests: [request] }))
  return [
    tableOf(rows, LIST_MS),
    '\nThe slowest of each list, by 95 in 100:',
    ...rows.map(({ requests }) => {
      const { p95, what } = slowest(requests, ({ p95 }) => p95)
      return `${p95.toFixed(1).padStart(8)} ms  ${what}`
    }),
    `\nOne invoice with ${sizes.charges} charges, and one account with as many pending\n`,
    tableOf(each, LARGE_MS),
    `memory of the API: ${Math.round(memory.before)} MB before, ${Math.round(memory.after)} MB after, at most ${memory.peak} MB resident`,
  ].join('\n')
}

/** The slowest median beside the slowest 95th percentile: on a busy machine the second alone says nothing about plans. */
function tableOf(rows: readonly Row[], below: number): string {
  const table = new Table({
    head: ['', 'slowest median, ms', 'slowest 95 in 100, ms', `goal: under ${below} ms`],
    colAligns: ['left', 'right', 'right', 'left'],
    style: { head: [], border: [] },
  })
  for (const { what, requests } of rows) {
    const { p95 } = slowest(requests, ({ p95 }) => p95)
    const { median } = slowest(requests, ({ median }) => median)
    table.push([what, median.toFixed(1), p95.toFixed(1), p95 < below ? '' : 'MISSED'])
  }
  return table.toString()
}

const slowest = (requests: readonly MeasuredRequest[], of: (request: MeasuredRequest) => number) =>
  requests.reduce((worst, one) => (of(one) > of(worst) ? one : worst))
