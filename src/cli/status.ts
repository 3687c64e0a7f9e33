import type { Command } from 'commander'
import { operationsText } from '../terminal/operations-text.ts'
import { addClientCommand, type ClientDefaults, withClient } from './client-command.ts'
import { EXIT } from './command-error.ts'

/** `nightbill status` */
export function addStatusCommand(program: Command, defaults: ClientDefaults): void {
  const command = addClientCommand(
    program,
    'status',
    'whether anything is wrong; exit code 0 if all is well, 1 if something needs you',
    defaults,
  )
  command
    .addHelpText(
      'after',
      `
It says what the console's first page says. What is only a note needs nobody, and the exit code is 0.

Examples:
  $ nightbill status
  $ nightbill status --json=findings`,
    )
    .action(() =>
      withClient(command, defaults, async ({ client, url, output, show }) => {
        const operations = await client.getOperations()
        show(operations, (answer) => operationsText(answer, url, output.people))
        const needsYou = operations.findings.some(({ level }) => level !== 'note')
        process.exitCode = needsYou ? EXIT.findings : EXIT.done
      }),
    )
}
