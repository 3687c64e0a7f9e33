import { type Command, InvalidArgumentError } from 'commander'
import { addCommonOptions, type CommonOptions, count, countFromZero, measuring, say } from '../measuring.ts'
import { benchBillRun, CONTESTANTS, type ContestantName } from './bench-bill-run.ts'
import type { FloorShape } from './contestants/floor.ts'
import { MANY_CHARGES, printBillRun } from './print.ts'

type Options = CommonOptions & {
  readonly accounts: number
  readonly charges: number
  readonly history: number
  readonly warmUp: number
  readonly batch: number
  readonly workers: number
  readonly concurrency: number
  readonly repeat: number
  readonly contestants?: readonly ContestantName[]
  readonly floor?: FloorShape
}

/** `npm run bench -- bill-run`, and what is done without a name. */
export function addBillRunCommand(program: Command): void {
  const command = program
    .command('bill-run', { isDefault: true })
    .description('bill runs against hand-written SQL, the old version, and the first thing one would write')
    .option('--accounts <n>', 'accounts to bill', count, 20_000)
    .option('--charges <n>', 'pending charges of each', count, 3)
    .option('--history <n>', 'months before in which each was billed, and has paid', countFromZero, 0)
    .option('--warm-up <n>', 'accounts that each contestant bills before its clock starts', count, 40_000)
    .option('--batch <n>', 'accounts in a batch', count, 2_000)
    .option('--workers <n>', 'bill-batch worker processes', count, 1)
    .option('--concurrency <n>', 'batches that one worker bills at once', count, 3)
    .option('--repeat <n>', 'rounds', count, 2)
    .option(
      '--contestants <names>',
      `of ${CONTESTANTS.join(', ')}; all that are compared at so many charges`,
      contestants,
    )
    .option('--floor <shape>', 'all or 3x2000, when the best is known: without it all are tried', floorShape)
  addCommonOptions(command)
    .addHelpText(
      'after',
      `
The contestants:
  ours         the service, a process for each part of it
  floor        the best hand-written SQL that writes the same rows in the same tables
  stamp        one statement that only stamps the charges, for many charges an account
  first-thing  a job an account, a query a row
  old          the version of 2026-11-24 from a checkout of its own, which this repository must have the commit of

Examples:
  npm run bench -- bill-run --accounts 20000 --queue redis --floor 3x2000 --repeat 5
  npm run bench -- bill-run --accounts 1000000 --contestants ours,floor,old --floor 3x2000 --repeat 1
  npm run bench -- bill-run --accounts 1000 --charges 200
  npm run bench -- bill-run --accounts 20 --charges 50000 --contestants ours,stamp,old
  npm run bench -- bill-run --accounts 1 --charges 1000000 --contestants ours,stamp --json bench/results/redis-1x1000000.json`,
    )
    .action(async (options: Options) => {
      const { accounts, charges, history, warmUp, batch, workers, concurrency, queue, repeat, floor } = options
      const compared = options.contestants ?? ['ours', charges < MANY_CHARGES ? 'floor' : 'stamp', 'first-thing', 'old']
      const size = { accounts, charges, history, warmUpAccounts: warmUp }
      const how = { batch, workers, concurrency, queue, repeat, contestants: compared, floor }
      const report = await measuring('billRun', options, (servers) => benchBillRun(servers, { ...size, ...how }, say))
      console.log(
        `\n${workers} worker(s), ${concurrency} batches of ${batch} at once each; medians of ${repeat}, each proved\n`,
      )
      console.log(printBillRun(report, queue))
    })
}

function contestants(text: string): readonly ContestantName[] {
  return text.split(',').map((name) => {
    const known = CONTESTANTS.find((one) => one === name)
    if (known === undefined) throw new InvalidArgumentError(`choose of ${CONTESTANTS.join(', ')}`)
    return known
  })
}

function floorShape(text: string): FloorShape {
  if (text === 'all') return { chunk: Number.POSITIVE_INFINITY, connections: 1 }
  const [, connections, chunk] = text.match(/^(\d+)x(\d+)$/) ?? []
  if (!connections || !chunk)
    throw new InvalidArgumentError('must be all, or connections x accounts in a transaction: 3x2000')
  return { connections: count(connections), chunk: count(chunk) }
}
