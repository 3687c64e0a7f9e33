import { readFile } from 'node:fs/promises'
import { Command, InvalidArgumentError } from 'commander'
import { openApiClient } from '../src/client/api-client.ts'
import { figuresOff } from './check.ts'
import { tellCreditStory } from './credit-story.ts'
import { openDataFolder } from './data-folder.ts'
import { billDays } from './online-retail/bill-days.ts'
import { compareFigures } from './online-retail/compare-figures.ts'
import { figuresOfFile, netByAccount } from './online-retail/figures.ts'
import { askService } from './online-retail/figures-of-service.ts'
import { parseTransactions } from './online-retail/parse-transactions.ts'
import { reconcile } from './reconcile.ts'
import { type Service, startService, untilReady } from './start-service.ts'
import { CUSTOMER, leaveCustomer } from './try-it.ts'

type DemoOptions = { exit?: boolean; port?: number; dataDir?: string }

const interruptedExitCode = 130

const options = new Command('npm run demo --')
  .description(
    'Starts the service, loads four days of a shop through its HTTP interface, bills each night, tells the story of a credit, ' +
      'and proves every figure. Then it keeps serving until Ctrl-C.',
  )
  .option('--exit', 'end afterwards: with exit code 0, or 1 if a figure is off')
  .option('--port <port>', 'port to serve on (default: a free one)', parsePort)
  .option('--data-dir <folder>', 'keep the data in this folder (default: a temporary one, removed at the end)')
  .addHelpText(
    'after',
    `
Examples:
  $ npm run demo
  $ npm run demo -- --exit
  $ npm run demo -- --port 3000 --data-dir .nightbill-demo

It always runs on the embedded database: DATABASE_URL and REDIS_URL are passed over.`,
  )
  .parse()
  .opts<DemoOptions>()

process.exit(await demo(options))

/** The exit code: 0 all right, 1 a figure is off or something failed, 130 stopped before the end. */
async function demo({ exit = false, port, dataDir }: DemoOptions): Promise<number> {
  const interrupted = untilInterrupted()
  const folder = await openDataFolder(dataDir)
  try {
    const service = await startService({ dataDir: folder.path, ...(port === undefined ? {} : { port }) })
    try {
      const exitCode = await Promise.race([run(service), service.died, interrupted.then(() => interruptedExitCode)])
      if (exit || exitCode === interruptedExitCode) return exitCode
      print(await whereToClick(service))
      await Promise.race([interrupted, service.died])
      print('\nStopping ...')
      return exitCode
    } finally {
      await service.stop()
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return 1
  } finally {
    await folder.remove()
  }
}

async function run(service: Service): Promise<number> {
  print(`Starting the service on ${service.baseUrl} ...`)
  await untilReady(service)
  const client = openApiClient(service)

  heading('Four days of a shop, each billed in the night')
  const lines = parseTransactions(await readFile(new URL('online-retail/transactions.csv', import.meta.url), 'utf8'))
  const days = await billDays(client, lines, print)

  heading('The story of a credit')
  const story = await tellCreditStory(client)
  print(story.text)

  heading('Reconciliation: every rule of the ledger, over the whole database')
  const rules = await reconcile(service)
  print(rules.text)

  heading('Does it agree with the file?')
  const fileSide = { figures: figuresOfFile(lines), netByAccount: netByAccount(lines) }
  const comparison = compareFigures(fileSide, await askService(client, days.chargeIds))
  print(comparison.text)

  const off = figuresOff([...days.checks, ...story.checks, ...rules.checks, ...comparison.checks])
  print(off.length === 0 ? '\nEvery figure is right.' : `\n${off.join('\n')}`)
  return off.length === 0 ? 0 : 1
}

/** Leaves the console ready to be used: a key of its own, and a customer to look after. */
async function whereToClick(service: Service): Promise<string> {
  const client = openApiClient(service)
  await leaveCustomer(client)
  const { key } = await client.createKey({ name: 'demo', scopes: ['read', 'enqueue', 'operate'] })
  const { baseUrl, apiKey } = service
  return `
Now you. The console is open:

  Open      ${baseUrl}
  Sign in   ${key}

Click first: type "acme" into the search, press Enter, and open the tab Credits. ${CUSTOMER.name} owes 140.00 USD, and a credit of 50.00 waits:
open it, press Disburse, and see the invoice owe 90.00.

  API       ${baseUrl}/docs      with the key ${apiKey}

Ctrl-C stops it.`
}

/** Further signals while it stops change nothing: what it started must not be left behind. */
function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve())
    // The reader of the output went away, as in `npm run demo | head`.
    process.stdout.on('error', () => resolve())
  })
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535)
    throw new InvalidArgumentError('It must be a port from 1 to 65535.')
  return port
}

function heading(text: string): void {
  print(`\n${text}\n${'='.repeat(text.length)}`)
}

function print(text: string): void {
  console.log(text)
}
