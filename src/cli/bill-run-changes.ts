import type { Command } from 'commander'
import type { BillRun } from '../api/types.ts'
import type { ApiClient } from '../client/api-client.ts'
import { printable } from '../client/printable.ts'
import { runName } from '../terminal/bill-run-columns.ts'
import { groupThousands } from '../terminal/format-money.ts'
import { BILL_RUN_EXIT_CODES, showWhenEnded } from './bill-run-wait.ts'
import { addClientCommand, type ClientDefaults, parseNames, withClient, withYes } from './client-command.ts'
import { resolveBillRun } from './resolve-id.ts'
import { addWait, type WaitOptions } from './wait-options.ts'

type RetryOptions = WaitOptions & Reason & { readonly code?: readonly string[]; readonly accounts?: readonly string[] }

type Reason = { readonly reason?: string }

/** `nightbill bill-run retry` and `cancel` */
export function addBillRunChanges(group: Command, defaults: ClientDefaults): void {
  const retry = 'try again to bill the failed accounts, within the same run'
  withYes(addWait(addClientCommand(group, 'retry <bill-run-id>', retry, defaults), 'it has ended'))
    .option('--code <codes>', 'only those that failed with these codes, separated by commas', parseNames)
    .option('--accounts <account-ids>', 'only these accounts, separated by commas', parseNames)
    .option('--reason <text>', 'why, for the audit')
    .addHelpText(
      'after',
      `
Examples:
  $ nightbill bill-run retry @last --wait
  $ nightbill bill-run retry @last --code timed_out --wait
${BILL_RUN_EXIT_CODES}`,
    )
    .action((argument: string, options: RetryOptions, command: Command) =>
      withClient(command, defaults, async (context) => {
        const { client, ask, show } = context
        const billRunId = await resolveBillRun(client, argument)
        await ask(async () => {
          const run = await client.getBillRun(billRunId)
          const which = await whichFailed(client, run, options)
          return `${described(run)}: ${which} tried again.`
        }, 'Retry them?')
        const accepted = await client.retryBillRun(billRunId, {
          codes: options.code,
          accountIds: options.accounts,
          reason: options.reason,
        })
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

/** How many accounts a retry is about, in words. */
async function whichFailed(client: ApiClient, run: BillRun, { code, accounts }: RetryOptions): Promise<string> {
  if (accounts !== undefined) return `of ${accounts.length} named accounts those that failed are`
  if (code === undefined) return `all ${groupThousands(run.progress.failed)} accounts that failed are`
  const { data } = await client.getBillRunFailureGroups(run.billRunId)
  const count = data.filter((one) => code.includes(one.code)).reduce((total, one) => total + one.count, 0)
  return `the ${groupThousands(count)} accounts that failed with ${code.join(', ')} are`
}

const described = (run: BillRun) => printable(`Bill run of ${runName(run)} as of ${run.billDate}`)
