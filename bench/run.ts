// The benchmark: `npm run bench -- --help`.
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { benchBillRun } from './bill-run.ts'
import type { FloorShape } from './contestants/floor.ts'
import { readEnvironment } from './environment.ts'
import { printBillRun } from './print-bill-run.ts'
import { type QueueKind, startServers } from './servers.ts'

type Options = {
  readonly accounts: number
  readonly batch: number
  readonly workers: number
  readonly concurrency: number
  readonly queue: QueueKind
  readonly repeat: number
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
    throw new InvalidArgumentError('must be all, or connections x accounts in a transaction: 2x1000')
  return { connections: count(connections), chunk: count(chunk) }
}

const program = new Command('npm run bench --')
  .description(
    'Measures the service against the best hand-written SQL and against the first thing one would write, side by side.',
  )
  .argument('[what]', 'bill-run', 'bill-run')
  .option('--accounts <n>', 'accounts to bill', count, 20_000)
  .option('--batch <n>', 'accounts in a batch', count, 500)
  .option('--workers <n>', 'bill-batch worker processes', count, 1)
  .option('--concurrency <n>', 'batches that one worker bills at once', count, 3)
  .addOption(new Option('--queue <backend>', 'where the queue is').choices(['redis', 'postgres']).default('postgres'))
  .option('--repeat <n>', 'rounds', count, 2)
  .option('--contestants <names>', 'which take part', contestantList, CONTESTANTS)
  .option(
    '--floor <shape>',
    'the floor, as all or 2x1000, when the best shape is known (by default all shapes are tried)',
    floorShape,
  )
  .option('--json <file>', 'where to write the figures')
  .addHelpText(
    'after',
    `
Examples:
  npm run bench -- --accounts 20000
  npm run bench -- bill-run --accounts 300000 --queue redis --json bench/results/redis-300000.json
  npm run bench -- bill-run --accounts 1000000 --contestants ours,floor --floor 2x1000 --repeat 1`,
  )

program.parse()
const options = program.opts<Options>()
const [what = 'bill-run'] = program.args
if (what !== 'bill-run') program.error(`there is no benchmark ${what}`)

const say = (line: string) => console.error(line)
const servers = await startServers(options.queue === 'redis')
process.once('SIGINT', async () => {
  await servers.stop()
  process.exit(130)
})
try {
  const environment = await readEnvironment(servers)
  const billRun = await benchBillRun(servers, { ...options, floorShape: options.floor }, say)
  const { batch, workers, concurrency, queue } = options
  console.log(
    `\n${environment.cpus}, ${environment.memory}; Node ${environment.node}, Postgres ${environment.postgres}, BullMQ ${environment.bullmq}`,
  )
  const kept = queue === 'redis' ? `Redis ${environment.redis}` : 'Postgres'
  console.log(
    `${workers} worker(s), ${concurrency} batches of ${batch} at once each, queue on ${kept}; medians of ${options.repeat}, each reconciled\n`,
  )
  console.log(printBillRun(billRun))
  if (options.json !== undefined) {
    const settings = { batch, workers, concurrency, queue, repeat: options.repeat }
    await mkdir(dirname(options.json), { recursive: true })
    await writeFile(options.json, `${JSON.stringify({ environment, settings, billRun }, null, 2)}\n`)
  }
} catch (error) {
  console.error(error)
  process.exitCode = 1
} finally {
  await servers.stop()
}
// Whatever a contestant that failed has left open ends here.
process.exit()
