import type { Command } from 'commander'
import type { Statement } from '../api/types.ts'
import type { ApiClient } from '../client/api-client.ts'
import { statementColumns, statementText } from '../terminal/statement-columns.ts'
import { addClientCommand, type ClientDefaults, withClient } from './client-command.ts'
import { CommandError, EXIT } from './command-error.ts'

type StatementOptions = { readonly from?: string; readonly to?: string; readonly csv?: boolean }

/** A statement for people has no more lines; the export has all. */
const MAX_LINES = 5_000

/** `nightbill account statement` */
export function addStatement(group: Command, defaults: ClientDefaults): void {
  const description = 'what an account owed when, with the balance after each line, and the proof that it adds up'
  addClientCommand(group, 'statement <account-id>', description, defaults)
    .option('--from <date>', 'from this date or moment on', parseMoment)
    .option('--to <date>', 'before this date or moment', parseMoment)
    .option('--csv', 'print the lines as CSV')
    .addHelpText(
      'after',
      `
A date is midnight in UTC. Exit code 1 when the account does not add up.

Examples:
  $ nightbill account statement acme --from 2026-11-01
  $ nightbill export statement acme > statement.csv`,
    )
    .action((accountId: string, { from, to }: StatementOptions, command: Command) =>
      withClient(command, defaults, async ({ client, output }) => {
        const statement = await readStatement(client, accountId, { from, to })
        if (output.forPeople || output.json) output.show(statement, (all) => statementText(all, output.people))
        else output.showRows(statement, statementColumns, '')
        if (!statement.proof.conserved) process.exitCode = EXIT.findings
      }),
    )
}

async function readStatement(
  client: ApiClient,
  accountId: string,
  range: { readonly from: string | undefined; readonly to: string | undefined },
): Promise<Statement> {
  const first = await client.getStatement(accountId, { ...range, limit: 500 })
  const data = [...first.data]
  let last = first
  while (last.nextCursor !== null) {
    if (data.length >= MAX_LINES) {
      throw new CommandError(`it has more than ${MAX_LINES} lines: give --from and --to, or nightbill export statement`)
    }
    last = await client.getStatement(accountId, { ...range, limit: 500, cursor: last.nextCursor })
    data.push(...last.data)
  }
  return { ...last, data }
}

/** A date is its first moment in UTC. */
export function parseMoment(text: string): string {
  return /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text
}
