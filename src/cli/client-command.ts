import { type Command, InvalidArgumentError, Option } from 'commander'
import { type ApiClient, openApiClient } from '../client/api-client.ts'
import { apiError, apiErrorLine, isApiError } from '../client/api-error.ts'
import { adviceOn } from './advice.ts'
import { CommandError, EXIT } from './command-error.ts'
import { canAsk, confirm } from './confirm.ts'
import { type Output, openOutput } from './output.ts'
import type { Profile } from './profiles.ts'

/** Where the service is and with which key, when the command line does not give them. */
export type ClientDefaults = {
  readonly url: string
  /** The key for the service at an address, and where it is from. */
  readonly keyFor: (url: string) => { readonly value: string | undefined; readonly source: string } | undefined
  readonly profileName: string
  /** What `nightbill login` has kept under that name. */
  readonly profile: Profile | undefined
}

type ClientOptions = {
  readonly url?: string
  readonly apiKey?: string
  readonly json?: boolean
  readonly jsonFields?: readonly string[]
  readonly csv?: boolean
  readonly header?: boolean
  readonly yes?: boolean
}

export type ClientContext = {
  readonly client: ApiClient
  readonly url: string
  readonly output: Output
  readonly show: Output['show']
  readonly showRow: Output['showRow']
  readonly showRows: Output['showRows']
  /** Whether --yes was given. */
  readonly yes: boolean
  /** Says what will happen and asks, where a person can be asked and has not said --yes. The text is made only then. */
  readonly ask: (what: () => Promise<string> | string, question: string) => Promise<void>
}

/** Adds a group of commands that talk to a running service: `nightbill credit ...`. */
export function addClientGroup(program: Command, name: string, description: string): Command {
  return program.command(name).description(description)
}

/** Adds a command to such a group, with the options that all of them have. */
export function addConnectedCommand(
  group: Command,
  usage: string,
  description: string,
  { url }: ClientDefaults,
): Command {
  return (
    group
      .command(usage)
      .description(description)
      .option('--url <url>', `address of the service (default: NIGHTBILL_URL, now ${url})`)
      // No default here, because the help would print the key.
      .option('--profile <name>', 'what nightbill login keeps under this name (default: NIGHTBILL_PROFILE, or default)')
      .option('--api-key <key>', 'API key; better NIGHTBILL_API_KEY or nightbill login: others see arguments')
  )
}

/** Adds a command that prints an answer of the service, as people or programs want it. */
export function addClientCommand(
  group: Command,
  usage: string,
  description: string,
  defaults: ClientDefaults,
): Command {
  return addConnectedCommand(group, usage, description, defaults)
    .option('--json', 'print the answer as JSON; --json=field,field prints these fields of it')
    .addOption(new Option('--json-fields <fields>').argParser(parseNames).hideHelp())
    .option('--no-header', 'no headings above the columns')
}

/** Adds --yes to a command that asks before it acts. */
export function withYes(command: Command): Command {
  return command.option('--yes', 'do not ask first')
}

/** Runs a command with a client. An error that is foreseen becomes one line on stderr and an exit code. */
export async function withClient(
  command: Command,
  defaults: ClientDefaults,
  work: (context: ClientContext) => Promise<void>,
): Promise<void> {
  const options = command.opts<ClientOptions>()
  endQuietlyWithoutReader()
  try {
    if (options.apiKey !== undefined) {
      console.error('Others on this machine can see --api-key: use NIGHTBILL_API_KEY, or nightbill login.')
    }
    if (!defaults.profile && defaults.profileName !== 'default') {
      const { profileName } = defaults
      throw new CommandError(`there is no profile ${profileName}: nightbill login --profile ${profileName}`)
    }
    const url = options.url ?? defaults.url
    const client = openApiClient({ baseUrl: url, apiKey: presentKey(options.apiKey ?? defaults.keyFor(url)?.value) })
    const output = await openOutput(options)
    const { show, showRow, showRows } = output
    const { yes = false } = options
    const ask = async (what: () => Promise<string> | string, question: string) => {
      if (!yes && canAsk()) await confirm(await what(), question)
    }
    await work({ client, url, output, show, showRow, showRows, yes, ask })
  } catch (error) {
    process.exitCode = sayError(error)
  }
}

/** Says a foreseen error in one line on stderr, and returns the exit code for it. Throws any other. */
export function sayError(error: unknown): number {
  if (error instanceof CommandError) {
    console.error(error.message)
    return error.exitCode
  }
  if (!isApiError(error)) throw error
  console.error(apiErrorLine(error, adviceOn(error.code)))
  return error.code === 'wait_timed_out' ? EXIT.stillGoing : EXIT.couldNot
}

/** A reader that has seen enough, such as `head`, closes the pipe: that is no error. */
function endQuietlyWithoutReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.done)
    throw error
  })
}

function presentKey(apiKey: string | undefined): string {
  if (apiKey !== undefined && apiKey !== '') return apiKey
  throw apiError({ status: 0, code: 'api_key_missing', title: 'An API key is needed' })
}

export function parsePositiveInteger(text: string): number {
  return parseInteger(text, 1)
}

export function parseNonNegativeInteger(text: string): number {
  return parseInteger(text, 0)
}

function parseInteger(text: string, min: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < min || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError(`It must be a whole number from ${min}.`)
  }
  return value
}

export function parseNames(text: string): readonly string[] {
  return text.split(',').map((name) => name.trim())
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 }

/** Milliseconds of a duration such as `90`, `90s`, `10m` or `2h`. */
export function parseDuration(text: string): number {
  const [, count, unit = 's'] = /^([1-9]\d{0,5})([smh]?)$/.exec(text) ?? []
  if (count === undefined) throw new InvalidArgumentError('It must be a duration such as 90s, 10m or 2h.')
  return Number(count) * (UNITS_MS[unit || 's'] as number)
}
