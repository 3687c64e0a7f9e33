import { type Command, InvalidArgumentError } from 'commander'
import type { Page } from '../api/types.ts'
import { type ApiClient, openApiClient } from '../client/api-client.ts'
import { apiError, apiErrorLine, isApiError } from '../client/api-error.ts'

/** The address of the service and the API key, when the command line does not give them. */
export type ClientDefaults = { readonly url: string; readonly apiKey: string | undefined }

/** The exit code of a command that could not be done, also for wrong usage. 1 is a bill run that completed with failures. */
export const exitCodeError = 2

export type ClientContext = {
  readonly client: ApiClient
  /** Prints the answer: with --json as JSON, otherwise as the text. */
  readonly show: <Answer>(answer: Answer, text: (answer: Answer) => string) => void
}

/** Adds a group of commands that talk to a running service: `nightbill credit ...`. */
export function addClientGroup(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : exitCodeError))
}

/** Adds a command to such a group, with the options that all of them have. */
export function addClientCommand(group: Command, usage: string, description: string, { url }: ClientDefaults): Command {
  return (
    group
      .command(usage)
      .description(description)
      .option('--url <url>', `address of the service (default: NIGHTBILL_URL, now ${url})`)
      // No default here, because the help would print the key.
      .option('--api-key <key>', 'API key (default: NIGHTBILL_API_KEY)')
      .option('--json', 'print the answer as JSON')
  )
}

/** Runs a command with a client. An ApiError becomes one line on stderr and exit code 2. */
export async function withClient(
  command: Command,
  defaults: ClientDefaults,
  work: (context: ClientContext) => Promise<void>,
): Promise<void> {
  try {
    const { url, apiKey, json = false } = command.opts<{ url?: string; apiKey?: string; json?: boolean }>()
    const client = openApiClient({ baseUrl: url ?? defaults.url, apiKey: presentKey(apiKey ?? defaults.apiKey) })
    await work({
      client,
      show: (answer, text) => console.log(json ? JSON.stringify(answer, null, 2) : text(answer)),
    })
  } catch (error) {
    if (!isApiError(error)) throw error
    console.error(apiErrorLine(error))
    process.exitCode = exitCodeError
  }
}

function presentKey(apiKey: string | undefined): string {
  if (apiKey !== undefined && apiKey !== '') return apiKey
  const detail = 'give --api-key or set NIGHTBILL_API_KEY'
  throw apiError({ status: 0, code: 'api_key_missing', title: 'An API key is needed', detail })
}

/** Returns the text of a list, with a hint when there are more rows. */
export function listText<Row>(table: (rows: readonly Row[]) => string): (page: Page<Row>) => string {
  return ({ data, nextCursor }) =>
    nextCursor === null ? table(data) : `${table(data)}\nThere are more: raise --limit (now ${data.length}).`
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
