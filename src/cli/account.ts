import type { Command } from 'commander'
import { accountColumns } from '../terminal/account-columns.ts'
import {
  addClientCommand,
  addClientGroup,
  type ClientDefaults,
  parseNonNegativeInteger,
  withClient,
} from './client-command.ts'
import { forEachId } from './each-id.ts'
import { addListCommand } from './list-command.ts'
import { addStatement } from './statement.ts'

type AddOptions = { name: string; currency: string; group?: string; terms?: number }

/** `nightbill account ...` */
export function addAccountCommand(program: Command, defaults: ClientDefaults): void {
  const group = addClientGroup(program, 'account', 'who is billed')

  addClientCommand(group, 'add <account-id>', 'make an account; the same one again changes nothing', defaults)
    .requiredOption('--name <name>', 'name of the account')
    .requiredOption('--currency <code>', 'ISO 4217 code of its one currency')
    .option('--group <bill-group>', 'bill group (default: default)')
    .option('--terms <days>', 'days from the bill date to the due date (default: 30)', parseNonNegativeInteger)
    .addHelpText('after', '\nExample:\n  $ nightbill account add acme --name "Acme Ltd" --currency USD --terms 14')
    .action((accountId: string, { name, currency, group: billGroup, terms }: AddOptions, command: Command) =>
      withClient(command, defaults, async ({ client, showRow }) => {
        await client.createAccount({ accountId, name, currency, billGroup, paymentTermsDays: terms })
        showRow(await client.getAccount(accountId), accountColumns)
      }),
    )

  addClientCommand(
    group,
    'show <account-id>',
    'one account with its balance and the credit it has left; - reads ids from stdin',
    defaults,
  )
    .addHelpText('after', '\nExample:\n  $ nightbill account show acme')
    .action((argument: string, _options: unknown, command: Command) =>
      withClient(command, defaults, (context) =>
        forEachId(context, argument, async (accountId) => {
          context.showRow(await context.client.getAccount(accountId), accountColumns)
        }),
      ),
    )

  addListCommand(group, ['list', 'accounts with their balances'], defaults, {
    limit: 50,
    list: (client, page, { group: billGroup }: { group?: string }) => client.listAccounts({ ...page, billGroup }),
    columns: accountColumns,
    none: 'No accounts.',
  })
    .option('--group <bill-group>', 'only of this bill group')
    .addHelpText(
      'after',
      '\nExamples:\n  $ nightbill account list --limit 200\n  $ nightbill account list --all --csv > accounts.csv',
    )

  addListCommand(group, ['search <text>', 'accounts by a part of their key or name, the best first'], defaults, {
    limit: 20,
    list: (client, page, _, query) => client.listAccounts({ ...page, query }),
    columns: accountColumns,
    none: 'No account has that in its key or name.',
  }).addHelpText('after', '\nExample:\n  $ nightbill account search "acme lt"')

  addStatement(group, defaults)
}
