import { type Command, InvalidArgumentError } from 'commander'
import type { Page } from '../api/types.ts'
import { type ApiClient, openApiClient } from '../client/api-client.ts'
import { apiError, apiErrorLine, isApiError } from '../client/api-error.ts'

/** Where the service is and with which key, when the command line does not say. */
export type ClientDefaults = { readonly url: string; readonly apiKey: string | undefined }

/** 1 is a bill run that completed with failures; whatever could not be done is 2, wrong usage included. */
export const exitCodeCouldNot = 2

export type ClientContext = {
  readonly client: ApiClient
  /** Prints the answer as JSON with --json, otherwise as the text. */
  readonly show: <Answer>(answer: Answer, text: (answer: Answer) => string) => void
}

/** A group of commands that talk to a running service: `nightbill credit ...`. */
export function addClientGroup(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : exitCodeCouldNot))
}

/** A command of such a group, with the options that all of them take. */
export function addClientCommand(group: Command, usage: string, description: string, { url }: ClientDefaults): Command {
  return (
    group
      .command(usage)
      .description(description)
      .option('--url <url>', `address of the service (default: NIGHTBILL_URL, now ${url})`)
      // Without a default here: help would print the key.
      .option('--api-key <key>', 'API key (default: NIGHTBILL_API_KEY)')
      .option('--json', 'print the answer as JSON')
  )
}

/** Does a command's work with a client; an error becomes one readable line on stderr and exit code 2. */
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
    process.exitCode = exitCodeCouldNot
  }
}

function presentKey(apiKey: string | undefined): string {
  if (apiKey !== undefined && apiKey !== '') return apiKey
  const detail = 'give --api-key or set NIGHTBILL_API_KEY'
  throw apiError({ status: 0, code: 'api_key_missing', title: 'An API key is needed', detail })
}

/** Text of a list, with a hint when there is more than was asked for. */
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

function parseInteger(text: string, least: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < least || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError(`It must be a whole number from ${least}.`)
  }
  return value
}

export function parseNames(text: string): readonly string[] {
  return text.split(',').map((name) => name.trim())
}
