// The benchmark: `npm run bench -- --help`.
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { type BillRunReport, benchBillRun } from './bill-run.ts'
import type { FloorShape } from './contestants/floor.ts'
import { readEnvironment } from './environment.ts'
import { benchIntake, type IntakeReport } from './intake.ts'
import { printBillRun } from './print-bill-run.ts'
import { printIntake } from './print-intake.ts'
import { type QueueKind, startServers } from './servers.ts'

type Options = {
  readonly accounts: number
  readonly warmUp: number
  readonly batch: number
  readonly workers: number
  readonly concurrency: number
  readonly queue: QueueKind
  readonly repeat: number
  readonly seconds: number
  readonly contestants: readonly string[]
  readonly floor?: FloorShape
  readonly json?: string
}

const CONTESTANTS = ['ours', 'floor', 'first-thing']

function count(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('must be a whole number of at least 1')
  return value
}

function contestantList(text: string): readonly string[] {
  const names = text.split(',')
  if (names.some((name) => !CONTESTANTS.includes(name)))
    throw new InvalidArgumentError(`choose of ${CONTESTANTS.join(', ')}`)
  return names
}

function floorShape(text: string): FloorShape {
  if (text === 'all') return { chunk: Number.POSITIVE_INFINITY, connections: 1 }
  const [, connections, chunk] = text.match(/^(\d+)x(\d+)$/) ?? []
  if (!connections || !chunk)
    throw new InvalidArgumentError('must be all, or connections x accounts in a transaction: 3x2000')
  return { connections: count(connections), chunk: count(chunk) }
}

const program = new Command('npm run bench --')
  .description(
    'Measures bill runs against the best hand-written SQL and against the first thing one would write, and intake against a route that only adds to a queue: side by side.',
  )
  .addArgument(new Argument('[what]', 'what to measure').choices(['bill-run', 'intake', 'all']).default('bill-run'))
  .option('--accounts <n>', 'accounts to bill', count, 20_000)
  .option('--warm-up <n>', 'accounts that each contestant bills before its clock starts', count, 40_000)
  .option('--batch <n>', 'accounts in a batch', count, 2_000)
  .option('--workers <n>', 'bill-batch worker processes', count, 1)
  .option('--concurrency <n>', 'batches that one worker bills at once', count, 3)
  .addOption(new Option('--queue <backend>', 'where the queue is').choices(['redis', 'postgres']).default('postgres'))
  .option('--repeat <n>', 'rounds', count, 2)
  .option('--contestants <names>', 'which take part in the bill run', contestantList, CONTESTANTS)
  .option(
    '--floor <shape>',
    'the floor, as all or 3x2000, when the best shape is known (by default all shapes are tried)',
    floorShape,
  )
  .option('--seconds <n>', 'how long one load of intake lasts', count, 8)
  .option('--json <file>', 'where to write the figures')
  .addHelpText(
    'after',
    `
Examples:
  npm run bench -- --accounts 20000
  npm run bench -- bill-run --accounts 300000 --queue redis --json bench/results/redis-300000.json
  npm run bench -- bill-run --accounts 1000000 --contestants ours,floor --floor 3x2000 --repeat 1
  npm run bench -- intake --queue redis --seconds 8 --json bench/results/intake-redis.json
  npm run bench -- all --json bench/results/all.json

The intake is measured beside a Redis for the bare route: redis-server must be on the PATH.
The plot: npx node bench/plot.ts docs/bill-run-rate.svg bench/results/*.json`,
  )

program.parse()
const options = program.opts<Options>()
const [what = 'bill-run'] = program.processedArgs as [string]
const { warmUp, batch, workers, concurrency, queue, repeat, seconds } = options

const say = (line: string) => console.error(line)
const servers = await startServers(queue === 'redis')
for (const [signal, exitCode] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, async () => {
    await servers.stop()
    process.exit(exitCode)
  })
}
try {
  const environment = await readEnvironment(servers)
  const kept = queue === 'redis' ? `Redis ${environment.redis}` : 'Postgres'
  const report: { billRun?: BillRunReport; intake?: IntakeReport } = {}
  console.log(
    `\n${environment.cpus}, ${environment.memory}; Node ${environment.node}, Postgres ${environment.postgres}, BullMQ ${environment.bullmq}; queue on ${kept}`,
  )
  if (what !== 'intake') {
    report.billRun = await benchBillRun(servers, { ...options, floorShape: options.floor }, say)
    console.log(
      `\n${workers} worker(s), ${concurrency} batches of ${batch} at once each; medians of ${repeat}, each reconciled\n`,
    )
    console.log(printBillRun(report.billRun))
  }
  if (what !== 'bill-run') {
    report.intake = await benchIntake(servers, { seconds, repeat }, say)
    console.log(`\nLoads of ${seconds} s; medians of ${repeat}, every credit pending at the end and reconciled\n`)
    console.log(printIntake(report.intake))
  }
  if (options.json !== undefined) {
    const settings = { warmUp, batch, workers, concurrency, queue, repeat, seconds }
    await mkdir(dirname(options.json), { recursive: true })
    await writeFile(options.json, `${JSON.stringify({ environment, settings, ...report }, null, 2)}\n`)
  }
} catch (error) {
  console.error(error)
  process.exitCode = 1
} finally {
  await servers.stop()
}
// Whatever a contestant that failed has left open ends here.
process.exit()
