import type { Command } from 'commander'
import { addJsonOption, count, type JsonOption, measuring, say } from '../measuring.ts'
import { benchLists } from './bench-lists.ts'
import { printLists } from './print.ts'

type Options = JsonOption & { readonly accounts: number; readonly times: number }

/** `npm run bench -- lists` */
export function addListsCommand(program: Command): void {
  const command = program
    .command('lists')
    .description('every list of the API, with every filter, and accounts with very many charges')
    .option(
      '--accounts <n>',
      'accounts, a multiple of 1,000; four invoices and charges, and a credit, for each',
      count,
      1_000_000,
    )
    .option('--times <n>', 'requests of each kind', count, 40)
  addJsonOption(command)
    .addHelpText(
      'after',
      `
Examples:
  npm run bench -- lists --json bench/results/lists.json
  npm run bench -- lists --accounts 100000 --times 20`,
    )
    .action(async (options: Options) => {
      const { accounts, times } = options
      const report = await measuring('lists', { ...options, queue: 'postgres' }, (servers) =>
        benchLists(servers, accounts, times, say),
      )
      console.log(`\n${accounts} accounts; ${times} requests of each kind, one at a time\n`)
      console.log(printLists(report))
    })
}
