import type { Command } from 'commander'
import type { GroupPreview } from '../api/types.ts'
import type { ApiClient } from '../client/api-client.ts'
import { apiError } from '../client/api-error.ts'
import { printable } from '../client/printable.ts'
import { failureGroupColumns, totalColumns } from '../terminal/bill-run-columns.ts'
import { groupThousands } from '../terminal/format-money.ts'
import { previewColumns } from '../terminal/invoice-columns.ts'
import { openProgress } from '../terminal/progress.ts'
import { addClientCommand, type ClientContext, type ClientDefaults, parseNames, withClient } from './client-command.ts'
import { EXIT } from './command-error.ts'
import type { Output } from './output.ts'

type PreviewOptions = {
  readonly accounts?: readonly string[]
  readonly group?: string
  readonly date?: string
  readonly allowFuture?: boolean
}

/** `nightbill bill-run preview` */
export function addPreview(group: Command, defaults: ClientDefaults): void {
  addClientCommand(group, 'preview', 'what a bill run would come to; writes nothing', defaults)
    .option('--group <bill-group>', 'of this group: totals, and what would fail (default: default)')
    .option('--accounts <account-ids>', 'the invoices of up to 1,000 accounts instead, separated by commas', parseNames)
    .option('--date <yyyy-mm-dd>', 'as of this date (default: today)')
    .option('--allow-future', 'allow a date more than 31 days ahead')
    .addHelpText(
      'after',
      `
Exit code 1 when accounts of the group would fail.

Examples:
  $ nightbill bill-run preview --group default --date 2026-11-30
  $ nightbill bill-run preview --accounts acme,globex --date 2026-11-30`,
    )
    .action((options: PreviewOptions, command: Command) =>
      withClient(command, defaults, (context) => showPreview(context, options)),
    )
}

/** Shows what a run would come to: of named accounts its invoices, of a group its totals. */
export async function showPreview({ client, output, show }: ClientContext, options: PreviewOptions): Promise<void> {
  const { accounts, group: billGroup = 'default', date: billDate, allowFuture } = options
  if (accounts !== undefined) {
    const answer = await client.previewBillRun({ accountIds: accounts, billDate, allowFuture })
    return show(answer, ({ invoices }) => output.table(previewColumns, invoices, 'Nothing to bill.'))
  }
  const preview = await previewGroup(client, { billGroup, billDate, allowFuture })
  show(preview, () => previewText(preview, output))
  if (preview.counts.wouldFail > 0) process.exitCode = EXIT.findings
}

async function previewGroup(client: ApiClient, asked: Parameters<ApiClient['previewGroup']>[0]): Promise<GroupPreview> {
  const progress = openProgress('Previewing', process.stderr)
  try {
    for await (const step of client.previewGroup(asked)) {
      if (step.preview) {
        progress.update(step.preview.accounts, step.preview.accounts)
        return step.preview
      }
      const { accounts, share } = step.progress
      progress.update(accounts, share > 0 ? Math.max(Math.round(accounts / share), accounts) : accounts)
    }
  } finally {
    progress.stop()
  }
  throw apiError({ status: 0, code: 'stream_lost', title: 'The preview was cut short', detail: 'ask for it again' })
}

function previewText(
  { billGroup, billDate, counts, totals, failures, warnings }: GroupPreview,
  output: Output,
): string {
  const { billed, nothingToBill, wouldFail } = counts
  const would = [
    `${groupThousands(billed)} ${billed === 1 ? 'account' : 'accounts'} would be billed`,
    `${groupThousands(nothingToBill)} have nothing to bill`,
    `${groupThousands(wouldFail)} would fail`,
  ].join(', ')
  return [
    ...warnings.map(({ message }) => printable(`▲ ${message}`)),
    `A bill run of ${billGroup} as of ${billDate}: ${would}. Nothing was written.`,
    ...(totals.length === 0 ? [] : [output.table(totalColumns, totals)]),
    ...(failures.length === 0 ? [] : ['', 'Would fail:', output.table(failureGroupColumns, failures)]),
  ].join('\n')
}
