import type { Command } from 'commander'
import type { BillRun } from '../api/types.ts'
import { billRunsTable, billRunTable, failuresTable, previewTable } from '../terminal/tables.ts'
import { watchBillRun } from '../terminal/watch-bill-run.ts'
import {
  addClientCommand,
  addClientGroup,
  type ClientContext,
  type ClientDefaults,
  exitCodeError,
  parseNames,
  withClient,
} from './client-command.ts'
import { addListCommand } from './list-command.ts'

type StartOptions = {
  group?: string
  accounts?: readonly string[]
  date?: string
  allowFuture?: boolean
  name?: string
  idempotencyKey?: string
  wait?: boolean
}

type PreviewOptions = { accounts: readonly string[]; date?: string; allowFuture?: boolean }

const exitCodes = `
Exit codes:
  0  completed (without --wait: accepted)
  1  completed with failures
  2  could not: refused, cancelled, or the service cannot be reached`

/** `nightbill bill-run ...` */
export function addBillRunCommand(program: Command, defaults: ClientDefaults): void {
  const group = addClientGroup(program, 'bill-run', 'bill accounts as of a date')
  addStart(group, defaults)
  addReads(group, defaults)
  addChanges(group, defaults)
  addPreview(group, defaults)
}

function addStart(group: Command, defaults: ClientDefaults): void {
  addClientCommand(group, 'start', 'start a bill run of a bill group, or of named accounts', defaults)
    .option('--group <bill-group>', 'bill the accounts of this group (default: default)')
    .option('--accounts <account-ids>', 'bill these accounts instead, separated by commas', parseNames)
    .option('--date <yyyy-mm-dd>', 'bill as of this date (default: today)')
    .option('--allow-future', 'allow a date more than 31 days ahead')
    .option('--name <name>', 'a name for the run')
    .option('--idempotency-key <key>', 'a repeat with the same key starts no second run')
    .option('--wait', 'wait until it has ended')
    .addHelpText(
      'after',
      `
Examples:
  $ nightbill bill-run start --group default --date 2026-11-30 --wait
  $ nightbill bill-run start --group default --date 2026-11-30 --idempotency-key nightly-2026-11-30 --wait
  $ nightbill bill-run start --accounts acme,globex --date 2026-11-30
${exitCodes}`,
    )
    .action((options: StartOptions, command: Command) =>
      withClient(command, defaults, async (context) => {
        const { accounts: accountIds, date: billDate, allowFuture, name, idempotencyKey, wait = false } = options
        const billGroup = options.group ?? (accountIds === undefined ? 'default' : undefined)
        const run = { billGroup, accountIds, billDate, allowFuture, name }
        const accepted = await context.client.startBillRun(run, { idempotencyKey })
        if (wait) return showWhenEnded(context, accepted.billRunId)
        context.show(accepted, ({ billRunId }) => `Bill run ${billRunId} is accepted.`)
      }),
    )
}

function addReads(group: Command, defaults: ClientDefaults): void {
  addClientCommand(group, 'show <bill-run-id>', 'status and totals of a bill run', defaults)
    .addHelpText('after', '\nExample:\n  $ nightbill bill-run show 0199f0a2-5b1c-7d3e-8f00-1a2b3c4d5e6f')
    .action((billRunId: string, _options: unknown, command: Command) =>
      withClient(command, defaults, async ({ client, show }) => {
        show(await client.getBillRun(billRunId), billRunTable)
      }),
    )

  addListCommand(group, ['list', 'bill runs'], defaults, {
    limit: 50,
    list: (client, page) => client.listBillRuns(page),
    table: billRunsTable,
  }).addHelpText('after', '\nExample:\n  $ nightbill bill-run list --limit 10')

  addListCommand(group, ['failures <bill-run-id>', 'accounts that a bill run could not bill, and why'], defaults, {
    limit: 500,
    list: (client, page, _, billRunId) => client.listBillRunFailures(billRunId, page),
    table: failuresTable,
  }).addHelpText('after', '\nExample:\n  $ nightbill bill-run failures 0199f0a2-5b1c-7d3e-8f00-1a2b3c4d5e6f')
}

function addChanges(group: Command, defaults: ClientDefaults): void {
  addClientCommand(group, 'retry <bill-run-id>', 'try again to bill the failed accounts, within the same run', defaults)
    .option('--reason <text>', 'why, for the audit')
    .option('--wait', 'wait until it has ended')
    .addHelpText(
      'after',
      `
Example:
  $ nightbill bill-run retry 0199f0a2-5b1c-7d3e-8f00-1a2b3c4d5e6f --wait
${exitCodes}`,
    )
    .action((billRunId: string, { wait = false, reason }: { wait?: boolean; reason?: string }, command: Command) =>
      withClient(command, defaults, async (context) => {
        const accepted = await context.client.retryBillRun(billRunId, { reason })
        if (wait) return showWhenEnded(context, billRunId)
        context.show(accepted, () => `Retry of bill run ${billRunId} is accepted.`)
      }),
    )

  addClientCommand(group, 'cancel <bill-run-id>', 'stop a bill run; accounts that are billed stay billed', defaults)
    .option('--reason <text>', 'why, for the audit')
    .addHelpText('after', '\nExample:\n  $ nightbill bill-run cancel 0199f0a2-5b1c-7d3e-8f00-1a2b3c4d5e6f')
    .action((billRunId: string, { reason }: { reason?: string }, command: Command) =>
      withClient(command, defaults, async ({ client, show }) => {
        show(await client.cancelBillRun(billRunId, { reason }), () => `Cancelling bill run ${billRunId} is accepted.`)
      }),
    )
}

function addPreview(group: Command, defaults: ClientDefaults): void {
  addClientCommand(group, 'preview', 'the invoices that a bill run would make; writes nothing', defaults)
    .requiredOption('--accounts <account-ids>', 'up to 1,000 accounts, separated by commas', parseNames)
    .option('--date <yyyy-mm-dd>', 'as of this date (default: today)')
    .option('--allow-future', 'allow a date more than 31 days ahead')
    .addHelpText('after', '\nExample:\n  $ nightbill bill-run preview --accounts acme,globex --date 2026-11-30')
    .action(({ accounts, date, allowFuture }: PreviewOptions, command: Command) =>
      withClient(command, defaults, async ({ client, show }) => {
        const preview = await client.previewBillRun({ accountIds: accounts, billDate: date, allowFuture })
        show(preview, ({ invoices }) => previewTable(invoices))
      }),
    )
}

/** Waits, shows the run and sets the exit code. The progress bar goes to stderr, so that stdout has only the answer. */
async function showWhenEnded({ client, show }: ClientContext, billRunId: string): Promise<void> {
  const run = await watchBillRun(client, billRunId, 'Billing', process.stderr)
  show(run, billRunTable)
  process.exitCode = exitCodeOf(run)
}

function exitCodeOf({ status }: BillRun): number {
  if (status === 'completed') return 0
  return status === 'completed_with_failures' ? 1 : exitCodeError
}
