import type { Command } from 'commander'
import type { BillRun } from '../api/types.ts'
import { printable } from '../client/printable.ts'
import { runName } from '../terminal/bill-run-columns.ts'
import { groupThousands } from '../terminal/format-money.ts'
import { BILL_RUN_EXIT_CODES, showWhenEnded } from './bill-run-wait.ts'
import { addClientCommand, type ClientDefaults, withClient, withYes } from './client-command.ts'
import { resolveBillRun } from './resolve-id.ts'
import { addWait, type WaitOptions } from './wait-options.ts'

type Reason = { readonly reason?: string }

/** `nightbill bill-run retry` and `cancel` */
export function addBillRunChanges(group: Command, defaults: ClientDefaults): void {
  const retry = 'try again to bill the failed accounts, within the same run'
  withYes(addWait(addClientCommand(group, 'retry <bill-run-id>', retry, defaults), 'it has ended'))
    .option('--reason <text>', 'why, for the audit')
    .addHelpText(
      'after',
      `
Example:
  $ nightbill bill-run retry @last --wait
${BILL_RUN_EXIT_CODES}`,
    )
    .action((argument: string, options: WaitOptions & Reason, command: Command) =>
      withClient(command, defaults, async (context) => {
        const { client, ask, show } = context
        const billRunId = await resolveBillRun(client, argument)
        await ask(async () => {
          const run = await client.getBillRun(billRunId)
          return `${described(run)}: ${groupThousands(run.progress.failed)} accounts failed, and are billed again as of ${run.billDate}.`
        }, 'Retry them?')
        const accepted = await client.retryBillRun(billRunId, { reason: options.reason })
        if (options.wait) return showWhenEnded(context, billRunId, options)
        show(accepted, () => `Retry of bill run ${billRunId} is accepted.`)
      }),
    )

  const cancel = 'stop a bill run; accounts that are billed stay billed'
  withYes(addClientCommand(group, 'cancel <bill-run-id>', cancel, defaults))
    .option('--reason <text>', 'why, for the audit')
    .addHelpText('after', '\nExample:\n  $ nightbill bill-run cancel @last --reason "Wrong date"')
    .action((argument: string, { reason }: Reason, command: Command) =>
      withClient(command, defaults, async ({ client, ask, show }) => {
        const billRunId = await resolveBillRun(client, argument)
        await ask(async () => {
          const run = await client.getBillRun(billRunId)
          return `${described(run)}: ${groupThousands(run.progress.billed)} accounts are billed and stay billed; the others are not.`
        }, 'Cancel it?')
        show(await client.cancelBillRun(billRunId, { reason }), () => `Cancelling bill run ${billRunId} is accepted.`)
      }),
    )
}

const described = (run: BillRun) => printable(`Bill run of ${runName(run)} as of ${run.billDate}`)
