import type { Command } from 'commander'
import type { CreditQuery } from '../api/types.ts'
import { collectPages } from '../client/collect-pages.ts'
import { creditColumns, disbursementColumns } from '../terminal/credit-columns.ts'
import { invoiceColumns } from '../terminal/invoice-columns.ts'
import { addClientCommand, addClientGroup, type ClientDefaults, withClient } from './client-command.ts'
import { addCreditChanges } from './credit-changes.ts'
import { addDisburse } from './credit-disburse.ts'
import { showWhenDone } from './credit-wait.ts'
import { forEachId } from './each-id.ts'
import { addListCommand } from './list-command.ts'
import { resolveCredit } from './resolve-id.ts'
import { addWait, type WaitOptions } from './wait-options.ts'

type AddOptions = {
  account: string
  amount: string
  reason: string
  note?: string
  manual?: boolean
  reference?: string
} & WaitOptions

/** `status` is checked by the service. */
type Filters = { account?: string; status?: CreditQuery['status'] }

/** `nightbill credit ...` */
export function addCreditCommand(program: Command, defaults: ClientDefaults): void {
  const group = addClientGroup(program, 'credit', 'credits, their disbursement and their reversal')
  addAdd(group, defaults)
  addReads(group, defaults)
  addUnpaid(group, defaults)
  addDisburse(group, defaults)
  addCreditChanges(group, defaults)
}

function addAdd(group: Command, defaults: ClientDefaults): void {
  addWait(
    addClientCommand(group, 'add', 'give an account a credit; its next bill run issues it', defaults),
    'it is recorded',
  )
    .requiredOption('--account <account-id>', 'the account that gets it')
    .requiredOption('--amount <amount>', "decimal amount in the account's currency")
    .requiredOption('--reason <text>', 'the text on the invoice')
    .option('--note <text>', 'an internal note')
    .option('--manual', 'you disburse it yourself; without this, bill runs disburse it')
    .option('--reference <id>', 'your own id for it: a repeat gives no second credit')
    .addHelpText(
      'after',
      `
Examples:
  $ nightbill credit add --account acme --amount 50.00 --reason "Goodwill" --wait
  $ nightbill credit add --account acme --amount 50.00 --reason "Outage" --manual --reference ticket-4711`,
    )
    .action(({ account, manual = false, ...options }: AddOptions, command: Command) =>
      withClient(command, defaults, async (context) => {
        const { amount, reason, note, reference } = options
        const automaticDisbursement = !manual
        const given = { accountId: account, amount, reason, note, reference, automaticDisbursement }
        const { jobId, creditId } = await context.client.postCredit(given)
        if (options.wait) return showWhenDone(context, jobId, creditId, options)
        context.show({ jobId, creditId }, () => `Credit ${creditId} is accepted (job ${jobId}).`)
      }),
    )
}

function addReads(group: Command, defaults: ClientDefaults): void {
  addListCommand(group, ['list', 'credits, of one account or of all'], defaults, {
    limit: 50,
    list: (client, page, { account, status }: Filters) => client.listCredits({ ...page, accountId: account, status }),
    columns: creditColumns,
    none: 'No credits.',
  })
    .option('--account <account-id>', 'only of this account')
    .option('--status <status>', 'only pending, deleted, issued, reversal_pending or reversed ones')
    .addHelpText(
      'after',
      `
Examples:
  $ nightbill credit list --account acme --status issued
  $ nightbill credit list --all --json=creditId,amountLeft
  $ nightbill credit list --status pending --no-header | cut -f1 | nightbill credit delete - --yes`,
    )

  addClientCommand(group, 'show <credit-id>', 'a credit with its disbursements; - reads ids from stdin', defaults)
    .addHelpText('after', '\nExample:\n  $ nightbill credit show 1a2b3c4d5e6f')
    .action((argument: string, _options: unknown, command: Command) =>
      withClient(command, defaults, (context) =>
        forEachId(context, argument, async (text) => {
          const { client, output, show } = context
          const creditId = await resolveCredit(client, text)
          const credit = await client.getCredit(creditId)
          const { data: disbursements } = await collectPages((page) => client.listDisbursements(creditId, page))
          const columns = disbursementColumns(credit.currency)
          show(
            { ...credit, disbursements },
            () =>
              `${output.table(creditColumns, [credit])}\n\n${output.table(columns, disbursements, 'No disbursements.')}`,
          )
        }),
      ),
    )
}

function addUnpaid(group: Command, defaults: ClientDefaults): void {
  addListCommand(
    group,
    ['unpaid <credit-id>', 'the unpaid invoices it can be disbursed to, oldest due first'],
    defaults,
    {
      limit: 100,
      list: (client, page, _, creditId) => client.listUnpaidInvoices(creditId, page),
      columns: invoiceColumns,
      none: 'No unpaid invoices.',
      resolve: resolveCredit,
    },
  ).addHelpText('after', '\nExample:\n  $ nightbill credit unpaid 1a2b3c4d5e6f')
}
