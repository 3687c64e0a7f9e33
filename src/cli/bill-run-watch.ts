import type { Command } from 'commander'
import { failureGroupColumns } from '../terminal/bill-run-columns.ts'
import { billRunText } from '../terminal/bill-run-text.ts'
import { BILL_RUN_EXIT_CODES, exitCodeOf, showWhenEnded } from './bill-run-wait.ts'
import { addClientCommand, type ClientDefaults, parseDuration, withClient } from './client-command.ts'
import { resolveBillRun } from './resolve-id.ts'

/** `nightbill bill-run watch` */
export function addWatch(group: Command, defaults: ClientDefaults): void {
  addClientCommand(group, 'watch <bill-run-id>', 'watch a bill run until it has ended, and show it', defaults)
    .option('--timeout <duration>', 'how long to watch, such as 90s, 10m or 2h; exit code 3 after it', parseDuration)
    .addHelpText(
      'after',
      `
^C ends the watching; the run goes on.

Example:
  $ nightbill bill-run watch @last
${BILL_RUN_EXIT_CODES}`,
    )
    .action((text: string, { timeout }: { timeout?: number }, command: Command) =>
      withClient(command, defaults, async (context) => {
        await showWhenEnded(context, await resolveBillRun(context.client, text), { timeout })
      }),
    )
}

/** `nightbill bill-run report` */
export function addReport(group: Command, defaults: ClientDefaults): void {
  addClientCommand(
    group,
    'report <bill-run-id>',
    'a bill run in plain text, to be sent: totals, and what failed',
    defaults,
  )
    .addHelpText(
      'after',
      '\nExit code 1 when accounts failed.\n\nExample:\n  $ nightbill bill-run report @last | mail -s "Bill run" ops',
    )
    .action((text: string, _options: unknown, command: Command) =>
      withClient(command, defaults, async ({ client, output, show }) => {
        const billRunId = await resolveBillRun(client, text)
        const run = await client.getBillRun(billRunId)
        const { data: failures } = await client.getBillRunFailureGroups(billRunId)
        show({ ...run, failures }, () => {
          const failed = failures.length === 0 ? '' : `\n\nNot billed:\n${output.table(failureGroupColumns, failures)}`
          return `${billRunText(run, output.people)}${failed}`
        })
        process.exitCode = exitCodeOf(run)
      }),
    )
}
