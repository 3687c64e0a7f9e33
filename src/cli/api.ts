import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { addConnectedCommand, type ClientDefaults, withClient } from './client-command.ts'
import { CommandError } from './command-error.ts'

/** `nightbill api`: without a subcommand the HTTP API alone; with one, a call of it. */
export function addApiCommand(program: Command, defaults: ClientDefaults): void {
  const group = program
    .command('api')
    .description('run the HTTP API alone; needs DATABASE_URL, a migrated database, and workers beside it')
    .addHelpText(
      'after',
      `
With a subcommand it calls the API of a running service, whatever there is no command for.

Examples:
  $ DATABASE_URL=postgres://nightbill@db/nightbill nightbill api
  $ nightbill api get 'v1/invoices?accountId=acme&limit=5'`,
    )
    // What serves is loaded for nothing else: a call need not wait for it.
    .action(async () => (await import('./run-api.ts')).runApi())

  addCall(group, 'get', 'read an address of the API', defaults)
  addCall(group, 'post', 'post to an address of the API', defaults)
    .option('--body <json>', 'the body; @FILE reads a file, @- stdin')
    .option('--idempotency-key <key>', 'a repeat with the same key is the same request')
  addCall(group, 'delete', 'delete at an address of the API', defaults)
}

type CallOptions = { readonly body?: string; readonly idempotencyKey?: string }

function addCall(group: Command, method: string, description: string, defaults: ClientDefaults): Command {
  const command = addConnectedCommand(group, `${method} <path>`, description, defaults)
  const example =
    method === 'post' ? `post v1/bill-runs --body '{"billDate":"2026-11-30"}'` : `${method} v1/credits/...`
  return command
    .addHelpText('after', `\nThe answer is printed as JSON.\n\nExample:\n  $ nightbill api ${example}`)
    .action((path: string, { body, idempotencyKey }: CallOptions) =>
      withClient(command, defaults, async ({ client, output }) => {
        const answer = await client.call(method.toUpperCase() as 'GET' | 'POST' | 'DELETE', path.replace(/^\/+/, ''), {
          body: body === undefined ? undefined : parseBody(body),
          idempotencyKey,
        })
        if (answer !== undefined) output.print(JSON.stringify(answer, null, 2))
      }),
    )
}

function parseBody(text: string): unknown {
  const json = text.startsWith('@') ? readFileSync(text === '@-' ? 0 : text.slice(1), 'utf8') : text
  try {
    return JSON.parse(json)
  } catch (error) {
    throw new CommandError(`the body is no JSON: ${(error as Error).message}`)
  }
}
