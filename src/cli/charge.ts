import type { Command } from 'commander'
import type { Charge } from '../api/types.ts'
import { printable } from '../client/printable.ts'
import { chargeColumns } from '../terminal/account-columns.ts'
import { formatMoney } from '../terminal/format-money.ts'
import { addClientCommand, addClientGroup, type ClientDefaults, withClient } from './client-command.ts'
import { addListCommand } from './list-command.ts'

type AddOptions = { account: string; amount: string; description: string; date?: string; reference?: string }

/** `nightbill charge ...` */
export function addChargeCommand(program: Command, defaults: ClientDefaults): void {
  const group = addClientGroup(program, 'charge', 'what accounts owe')

  addClientCommand(group, 'add', 'charge an account; the next bill run puts it on an invoice', defaults)
    .requiredOption('--account <account-id>', 'the account that owes it')
    .requiredOption('--amount <amount>', "decimal amount in the account's currency")
    .requiredOption('--description <text>', 'the text on the invoice')
    .option('--date <yyyy-mm-dd>', 'bill runs as of this date or later bill it (default: today)')
    .option('--reference <id>', 'your own id for it: a repeat charges nothing')
    .addHelpText(
      'after',
      `
Example:
  $ nightbill charge add --account acme --amount 140.00 --description "November" --date 2026-11-30 --reference inv-77`,
    )
    .action(({ account, amount, description, date, reference }: AddOptions, command: Command) =>
      withClient(command, defaults, async ({ client, show }) => {
        const charge = { accountId: account, amount, description, chargedOn: date, reference }
        show(await client.postCharges([charge]), ({ charges }) => charges.map(chargeLine).join('\n'))
      }),
    )

  addListCommand(group, ['list <account-id>', 'charges of an account: the pending ones first'], defaults, {
    limit: 50,
    list: (client, page, { status }: { status?: 'pending' | 'billed' }, accountId) =>
      client.listCharges(accountId, { ...page, status }),
    columns: chargeColumns,
    none: 'No charges.',
  })
    .option('--status <status>', 'only pending or billed ones')
    .addHelpText('after', '\nExample:\n  $ nightbill charge list acme --status pending')
}

function chargeLine({ chargeId, accountId, amount, currency, description, chargedOn }: Charge): string {
  const what = `${formatMoney(amount, currency)} on ${chargedOn} for ${description}`
  return printable(`Charge ${chargeId}: ${accountId} owes ${what}`)
}
