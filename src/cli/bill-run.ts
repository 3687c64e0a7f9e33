import type { Command } from 'commander'
import type { BillRunQuery } from '../api/types.ts'
import { billRunColumns } from '../terminal/bill-run-columns.ts'
import { billRunText } from '../terminal/bill-run-text.ts'
import { addBillRunChanges } from './bill-run-changes.ts'
import { addFailures } from './bill-run-failures.ts'
import { addPreview, showPreview } from './bill-run-preview.ts'
import { BILL_RUN_EXIT_CODES, showWhenEnded } from './bill-run-wait.ts'
import { addReport, addWatch } from './bill-run-watch.ts'
import { addClientCommand, addClientGroup, type ClientDefaults, parseNames, withClient } from './client-command.ts'
import { forEachId } from './each-id.ts'
import { addListCommand } from './list-command.ts'
import { resolveBillRun } from './resolve-id.ts'
import { addWait, type WaitOptions } from './wait-options.ts'

type StartOptions = WaitOptions & {
  readonly group?: string
  readonly accounts?: readonly string[]
  readonly date?: string
  readonly allowFuture?: boolean
  readonly name?: string
  readonly idempotencyKey?: string
  readonly dryRun?: boolean
}

type Filters = Pick<BillRunQuery, 'status' | 'schedule'> & { group?: string }

/** `nightbill bill-run ...` */
export function addBillRunCommand(program: Command, defaults: ClientDefaults): void {
  const group = addClientGroup(program, 'bill-run', 'bill accounts as of a date')
  addStart(group, defaults)
  addReads(group, defaults)
  addWatch(group, defaults)
  addReport(group, defaults)
  addBillRunChanges(group, defaults)
  addPreview(group, defaults)
}

function addStart(group: Command, defaults: ClientDefaults): void {
  const description = 'start a bill run of a bill group, or of named accounts'
  addWait(addClientCommand(group, 'start', description, defaults), 'it has ended')
    .option('--group <bill-group>', 'bill the accounts of this group (default: default)')
    .option('--accounts <account-ids>', 'bill these accounts instead, separated by commas', parseNames)
    .option('--date <yyyy-mm-dd>', 'bill as of this date (default: today)')
    .option('--allow-future', 'allow a date more than 31 days ahead')
    .option('--name <name>', 'a name for the run')
    .option('--idempotency-key <key>', 'a repeat with the same key starts no second run')
    .option('--dry-run', 'say what it would come to, as preview does, and write nothing')
    .addHelpText(
      'after',
      `
Examples:
  $ nightbill bill-run start --group default --date 2026-11-30 --wait
  $ nightbill bill-run start --group default --date 2026-11-30 --idempotency-key nightly-2026-11-30 --wait
  $ nightbill bill-run start --group default --date 2026-11-30 --dry-run
${BILL_RUN_EXIT_CODES}`,
    )
    .action((options: StartOptions, command: Command) =>
      withClient(command, defaults, async (context) => {
        const { accounts: accountIds, date: billDate, allowFuture, name, idempotencyKey } = options
        if (options.dryRun) return showPreview(context, options)
        const billGroup = options.group ?? (accountIds === undefined ? 'default' : undefined)
        const run = { billGroup, accountIds, billDate, allowFuture, name }
        const accepted = await context.client.startBillRun(run, { idempotencyKey })
        if (options.wait) return showWhenEnded(context, accepted.billRunId, options)
        context.show(accepted, ({ billRunId }) => `Bill run ${billRunId} is accepted.`)
      }),
    )
}

function addReads(group: Command, defaults: ClientDefaults): void {
  addClientCommand(group, 'show <bill-run-id>', 'status and totals of a bill run; - reads ids from stdin', defaults)
    .addHelpText('after', '\nExamples:\n  $ nightbill bill-run show @last\n  $ nightbill bill-run show 1a2b3c4d5e6f')
    .action((argument: string, _options: unknown, command: Command) =>
      withClient(command, defaults, (context) =>
        forEachId(context, argument, async (text) => {
          const { client, show, output } = context
          show(await client.getBillRun(await resolveBillRun(client, text)), (run) => billRunText(run, output.people))
        }),
      ),
    )

  addListCommand(group, ['list', 'bill runs'], defaults, {
    limit: 50,
    list: (client, page, { group: billGroup, status, schedule }: Filters) =>
      client.listBillRuns({ ...page, billGroup, status, schedule }),
    columns: billRunColumns,
    none: 'No bill runs.',
  })
    .option('--group <bill-group>', 'only of this bill group')
    .option('--schedule <name>', 'only those of this schedule')
    .option('--status <status>', 'only queued, running, completed, completed_with_failures or cancelled ones')
    .addHelpText('after', '\nExample:\n  $ nightbill bill-run list --limit 10')

  addFailures(group, defaults)
}
