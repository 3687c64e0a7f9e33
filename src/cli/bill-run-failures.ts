import type { Command } from 'commander'
import { collectPages } from '../client/collect-pages.ts'
import { failureColumns, failureGroupColumns } from '../terminal/bill-run-columns.ts'
import { groupThousands } from '../terminal/format-money.ts'
import {
  addClientCommand,
  type ClientContext,
  type ClientDefaults,
  parsePositiveInteger,
  withClient,
} from './client-command.ts'
import { printAll } from './list-command.ts'
import { resolveBillRun } from './resolve-id.ts'

type FailureOptions = {
  readonly code?: string
  readonly each?: boolean
  readonly groups?: boolean
  readonly all?: boolean
  readonly limit: number
}

/** `nightbill bill-run failures` */
export function addFailures(group: Command, defaults: ClientDefaults): void {
  const description = 'accounts that a bill run could not bill, and why: by reason on a terminal, else one by one'
  addClientCommand(group, 'failures <bill-run-id>', description, defaults)
    .option('--each', 'one by one on a terminal too')
    .option('--groups', 'by reason in a pipe too')
    .option('--code <code>', 'one by one, only those that failed with this code')
    .option('--csv', 'print as CSV')
    .option('--limit <count>', 'at most so many', parsePositiveInteger, 500)
    .option('--all', 'every one; with --json one line each')
    .addHelpText(
      'after',
      `
Examples:
  $ nightbill bill-run failures @last
  $ nightbill bill-run failures @last --code timed_out --all --csv > failures.csv`,
    )
    .action((text: string, options: FailureOptions, command: Command) =>
      withClient(command, defaults, async (context) => {
        const billRunId = await resolveBillRun(context.client, text)
        const { each = false, groups = false, code, all = false } = options
        const byReason = groups || (context.output.forPeople && !each && code === undefined && !all)
        if (byReason) await showGroups(context, billRunId, text)
        else await showEach(context, billRunId, options)
      }),
    )
}

async function showGroups({ client, output, showRows }: ClientContext, billRunId: string, text: string): Promise<void> {
  const { data } = await client.getBillRunFailureGroups(billRunId)
  showRows({ data, nextCursor: null }, failureGroupColumns, 'No failures.')
  if (data.length === 0 || !output.forPeople) return
  const count = data.reduce((total, one) => total + one.count, 0)
  const accounts = `${groupThousands(count)} ${count === 1 ? 'account' : 'accounts'}`
  output.print(`\n${accounts}. Mend, then: nightbill bill-run retry ${text} --code ${data[0]?.code} --wait`)
}

async function showEach(
  { client, output, showRows }: ClientContext,
  billRunId: string,
  { code, all = false, limit }: FailureOptions,
): Promise<void> {
  const list = (page: object) => client.listBillRunFailures(billRunId, { ...page, code })
  if (all) return printAll(list, output, failureColumns, 'No failures.')
  const page = await collectPages(list, limit)
  showRows(page, failureColumns, 'No failures.')
  if (page.nextCursor !== null) console.error(`There are more than ${page.data.length}: raise --limit, or --all.`)
}
