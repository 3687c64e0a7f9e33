import Table from 'cli-table3'
import type { Command } from 'commander'
import { addJsonOption, count, type JsonOption, measuring, say } from '../measuring.ts'
import { benchPages, type PagesReport } from './bench-pages.ts'

type Options = JsonOption & { readonly accounts: number; readonly times: number }

const PAGE_MS = 60

/** `npm run bench -- pages` */
export function addPagesCommand(program: Command): void {
  const command = program
    .command('pages')
    .description('the pages of the console on a filled database')
    .option('--accounts <n>', 'accounts, a multiple of 1,000; four invoices for each', count, 250_000)
    .option('--times <n>', 'requests of each page', count, 60)
  addJsonOption(command)
    .addHelpText('after', '\nExample:\n  npm run bench -- pages --json bench/results/pages.json')
    .action(async (options: Options) => {
      const { accounts, times } = options
      const report = await measuring('pages', { ...options, queue: 'postgres' }, (servers) =>
        benchPages(servers, accounts, times, say),
      )
      console.log(
        `\n${accounts} accounts, ${report.sizes.invoices} invoices; ${times} requests of each page, one at a time\n`,
      )
      console.log(printPages(report))
    })
}

function printPages({ pages, memory }: PagesReport): string {
  const table = new Table({
    head: ['', 'median, ms', '95 in 100, ms', 'KB, compressed', `goal: under ${PAGE_MS} ms`],
    colAligns: ['left', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [] },
  })
  for (const { what, median, p95, kb } of pages)
    table.push([what, median.toFixed(1), p95.toFixed(1), kb.toFixed(1), p95 < PAGE_MS ? '' : 'MISSED'])
  return `${table.toString()}\nmemory of the API: ${Math.round(memory)} MB`
}
