import Table from 'cli-table3'
import type { ListsReport } from './bench-lists.ts'
import type { MeasuredRequest } from './measure-request.ts'

const LIST_MS = 30
const LARGE_MS = 50

/** Of each list the slowest of its requests, and what is asked of the large accounts, each with what is aimed at. */
export function printLists({ lists, large, memory, sizes }: ListsReport): string {
  const slowest = [...Map.groupBy(lists, ({ path }) => path)].map(([path, of]) => ({
    path: `${path} (slowest of ${of.length})`,
    request: of.reduce((worst, one) => (one.p95 > worst.p95 ? one : worst)),
  }))
  return [
    requestTable('list', slowest, LIST_MS),
    `\nOne invoice with ${sizes.charges} charges, and one account with as many pending\n`,
    requestTable(
      'request',
      large.map((request) => ({ path: request.what, request })),
      LARGE_MS,
    ),
    `memory of the API: ${Math.round(memory.before)} MB before, ${Math.round(memory.after)} MB after, at most ${memory.peak} MB resident`,
    '',
    ...slowest.map(({ request }) => `${request.p95.toFixed(1).padStart(8)} ms  ${request.what}`),
  ].join('\n')
}

function requestTable(
  head: string,
  rows: readonly { readonly path: string; readonly request: MeasuredRequest }[],
  below: number,
): string {
  const table = new Table({
    head: [head, 'median ms', '95 in 100, ms', `goal: under ${below} ms`],
    colAligns: ['left', 'right', 'right', 'left'],
    style: { head: [], border: [] },
  })
  for (const { path, request } of rows)
    table.push([path, request.median.toFixed(1), request.p95.toFixed(1), request.p95 < below ? '' : 'MISSED'])
  return table.toString()
}
