import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { type Environment, readEnvironment } from './environment.ts'
import { type QueueKind, type Servers, startServers } from './servers.ts'

export type JsonOption = { readonly json?: string }
/** What the commands have that measure a service whose queue may be here or there. */
export type CommonOptions = JsonOption & { readonly queue: QueueKind }

/** The progress of what is measured, in a line, beside the results. */
export const say = (line: string) => console.error(line)

export function addCommonOptions(command: Command): Command {
  const places = new Option('--queue <backend>', 'where the queue is').choices(['redis', 'postgres'])
  return addJsonOption(command.addOption(places.default('postgres')))
}

export function addJsonOption(command: Command): Command {
  return command.option('--json <file>', 'where to write the figures')
}

/** Parses a whole number of at least 1. */
export const count = (text: string) => wholeNumber(text, 1)

/** Parses a whole number that may be 0. */
export const countFromZero = (text: string) => wholeNumber(text, 0)

function wholeNumber(text: string, min: number): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < min)
    throw new InvalidArgumentError(`must be a whole number of at least ${min}`)
  return value
}

/**
 * Measures on servers of its own, which end with it however it ends, and writes the report with the settings that it was made with as JSON,
 * under its name, where that is asked for.
 */
export async function measuring<Report>(
  name: string,
  { json, ...settings }: CommonOptions,
  measure: (servers: Servers) => Promise<Report>,
): Promise<Report> {
  const servers = await startServers(settings.queue === 'redis')
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
    console.log(describe(environment, settings.queue))
    const report = await measure(servers)
    await writeReport(json, { environment, settings, [name]: report })
    return report
  } finally {
    await servers.stop()
  }
}

async function writeReport(file: string | undefined, report: object): Promise<void> {
  if (file === undefined) return
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`)
}

function describe({ cpus, memory, node, postgres, bullmq, redis }: Environment, queue: QueueKind): string {
  const kept = queue === 'redis' ? `Redis ${redis}` : 'Postgres'
  return `\n${cpus}, ${memory}; Node ${node}, Postgres ${postgres}, BullMQ ${bullmq}; queue on ${kept}\n`
}
