import { once } from 'node:events'
import { type Command, Option } from 'commander'
import type { ApiClient } from '../client/api-client.ts'
import { addClientGroup, addConnectedCommand, type ClientDefaults, withClient } from './client-command.ts'
import { resolveBillRun } from './resolve-id.ts'
import { parseMoment } from './statement.ts'

type Filters = Readonly<Record<string, string | undefined>>

type Export = {
  readonly usage: string
  readonly description: string
  /** The filters that the list takes: name of the option, placeholder, description, name in the query. */
  readonly filters: readonly (readonly [flags: string, description: string, query: string])[]
  readonly path: (client: ApiClient, argument: string, filters: Filters) => Promise<string> | string
}

const account = ['--account <account-id>', 'only of this account', 'accountId'] as const
const from = ['--from <time>', 'from this moment on, such as 2026-11-01T00:00:00Z', 'from'] as const
const to = ['--to <time>', 'before this moment', 'to'] as const

const EXPORTS: readonly Export[] = [
  {
    usage: 'accounts',
    description: 'accounts with their balances',
    filters: [['--group <bill-group>', 'only of this bill group', 'billGroup']],
    path: () => 'v1/accounts',
  },
  {
    usage: 'charges <account-id>',
    description: 'the charges of an account',
    filters: [['--status <status>', 'only pending or billed ones', 'status']],
    path: (_, accountId) => `v1/accounts/${encodeURIComponent(accountId)}/charges`,
  },
  {
    usage: 'statement <account-id>',
    description: 'what an account owed when, with the balance after each line',
    filters: [from, to],
    path: (_, accountId) => `v1/accounts/${encodeURIComponent(accountId)}/statement`,
  },
  {
    usage: 'credits',
    description: 'credits',
    filters: [account, ['--status <status>', 'only with this status', 'status']],
    path: () => 'v1/credits',
  },
  {
    usage: 'invoices',
    description: 'invoices, without their lines',
    filters: [account, ['--status <status>', 'only paid, unpaid or overdue ones', 'status']],
    path: () => 'v1/invoices',
  },
  {
    usage: 'bill-run <bill-run-id>',
    description: 'the invoices of a bill run, or with --failures the accounts that it could not bill',
    filters: [],
    path: async (client, argument, { failures }) => {
      const billRunId = await resolveBillRun(client, argument)
      return failures ? `v1/bill-runs/${billRunId}/failures` : `v1/invoices?billRunId=${billRunId}`
    },
  },
  {
    usage: 'audit',
    description: 'who did what, when and why',
    filters: [['--subject <id>', 'only to this credit, bill run, key, account or schedule', 'subject'], from, to],
    path: () => 'v1/audit',
  },
]

/** `nightbill export ...` */
export function addExportCommand(program: Command, defaults: ClientDefaults): void {
  const group = addClientGroup(program, 'export', 'lists as CSV, all rows that match')
  for (const one of EXPORTS) addExport(group, one, defaults)
}

function addExport(group: Command, { usage, description, filters, path }: Export, defaults: ClientDefaults): void {
  const command = addConnectedCommand(group, usage, description, defaults)
  for (const [flags, what] of filters) command.option(flags, what)
  if (usage.startsWith('bill-run')) command.addOption(new Option('--failures', 'the failures in place of the invoices'))
  const [name] = usage.split(' ')
  command
    .addHelpText(
      'after',
      `\nThe CSV goes to stdout, as it comes. An exit code other than 0 means that it is not the whole.\n\nExample:\n  $ nightbill export ${usage.replace('<bill-run-id>', '@last').replace('<account-id>', 'acme')} > ${name}.csv`,
    )
    .action(() =>
      withClient(command, defaults, async ({ client }) => {
        const options = command.opts<Filters>()
        const query = Object.fromEntries(
          filters.map(([flags, , field]) => {
            const value = options[new Option(flags).attributeName()]
            const isMoment = value !== undefined && (field === 'from' || field === 'to')
            return [field, isMoment ? parseMoment(value) : value]
          }),
        )
        await print(client.streamCsv(await path(client, command.args[0] ?? '', options), query))
      }),
    )
}

/** Writes to stdout no faster than it is read there. */
async function print(pieces: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of pieces) {
    if (!process.stdout.write(piece)) await once(process.stdout, 'drain')
  }
}
