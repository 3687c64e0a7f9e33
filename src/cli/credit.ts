import type { Command } from 'commander'
import type { CreditQuery } from '../api/types.ts'
import { collectPages } from '../client/collect-pages.ts'
import { finishJob } from '../client/finish-job.ts'
import { creditsTable, disbursementsTable, invoicesTable } from '../terminal/tables.ts'
import {
  addClientCommand,
  addClientGroup,
  type ClientContext,
  type ClientDefaults,
  listText,
  withClient,
} from './client-command.ts'
import { addListCommand } from './list-command.ts'

type AddOptions = {
  account: string
  amount: string
  reason: string
  note?: string
  manual?: boolean
  reference?: string
  wait?: boolean
}

/** `status` is checked by the service. */
type Filters = { account?: string; status?: CreditQuery['status'] }

type DisburseOptions = { invoice: string; amount: string; confirm?: boolean }

/** `nightbill credit ...` */
export function addCreditCommand(program: Command, defaults: ClientDefaults): void {
  const group = addClientGroup(program, 'credit', 'credits, their disbursement and their reversal')
  addAdd(group, defaults)
  addReads(group, defaults)
  addDisburse(group, defaults)
  addRemovals(group, defaults)
}

function addAdd(group: Command, defaults: ClientDefaults): void {
  addClientCommand(group, 'add', 'give an account a credit; its next bill run issues it', defaults)
    .requiredOption('--account <account-id>', 'the account that gets it')
    .requiredOption('--amount <amount>', "decimal amount in the account's currency")
    .requiredOption('--reason <text>', 'the text on the invoice')
    .option('--note <text>', 'an internal note')
    .option('--manual', 'you disburse it yourself; without this, bill runs disburse it')
    .option('--reference <id>', 'your own id for it: a repeat gives no second credit')
    .option('--wait', 'wait until it is recorded')
    .addHelpText(
      'after',
      `
Examples:
  $ nightbill credit add --account acme --amount 50.00 --reason "Goodwill" --wait
  $ nightbill credit add --account acme --amount 50.00 --reason "Outage" --manual --reference ticket-4711`,
    )
    .action(({ account, manual = false, wait = false, ...credit }: AddOptions, command: Command) =>
      withClient(command, defaults, async (context) => {
        const { amount, reason, note, reference } = credit
        const automaticDisbursement = !manual
        const given = { accountId: account, amount, reason, note, reference, automaticDisbursement }
        const { jobId, creditId } = await context.client.postCredit(given)
        if (wait) return showWhenDone(context, jobId, creditId)
        context.show({ jobId, creditId }, () => `Credit ${creditId} is accepted (job ${jobId}).`)
      }),
    )
}

function addReads(group: Command, defaults: ClientDefaults): void {
  addListCommand(group, ['list', 'credits, of one account or of all'], defaults, {
    limit: 50,
    list: (client, page, { account, status }: Filters) => client.listCredits({ ...page, accountId: account, status }),
    table: creditsTable,
  })
    .option('--account <account-id>', 'only of this account')
    .option('--status <status>', 'only pending, deleted, issued, reversal_pending or reversed ones')
    .addHelpText('after', '\nExample:\n  $ nightbill credit list --account acme --status issued')

  addClientCommand(group, 'show <credit-id>', 'a credit with its disbursements', defaults)
    .addHelpText('after', '\nExample:\n  $ nightbill credit show 0199f0a2-5b1c-7d3e-8f00-1a2b3c4d5e6f')
    .action((creditId: string, _options: unknown, command: Command) =>
      withClient(command, defaults, async ({ client, show }) => {
        const credit = await client.getCredit(creditId)
        const { data: disbursements } = await collectPages((page) => client.listDisbursements(creditId, page))
        show(
          { ...credit, disbursements },
          () => `${creditsTable([credit])}\n${disbursementsTable(disbursements, credit.currency)}`,
        )
      }),
    )

  addClientCommand(
    group,
    'unpaid <credit-id>',
    'the unpaid invoices it can be disbursed to, oldest due first',
    defaults,
  )
    .addHelpText('after', '\nExample:\n  $ nightbill credit unpaid 0199f0a2-5b1c-7d3e-8f00-1a2b3c4d5e6f')
    .action((creditId: string, _options: unknown, command: Command) =>
      withClient(command, defaults, async ({ client, show }) => {
        show(await collectPages((page) => client.listUnpaidInvoices(creditId, page)), listText(invoicesTable))
      }),
    )
}

function addDisburse(group: Command, defaults: ClientDefaults): void {
  addClientCommand(
    group,
    'disburse <credit-id>',
    'apply some or all of an issued credit to an unpaid invoice',
    defaults,
  )
    .requiredOption('--invoice <invoice-id>', 'invoice whose balance it lowers')
    .requiredOption('--amount <amount>', 'how much of the credit')
    .option('--confirm', 'disburse even if the same was disbursed within the last minute')
    .addHelpText(
      'after',
      `
Example:
  $ nightbill credit disburse 0199f0a2-5b1c-7d3e-8f00-1a2b3c4d5e6f \\
      --invoice 0199f0a2-77aa-7c21-9b00-0f1e2d3c4b5a --amount 50.00`,
    )
    .action((creditId: string, { invoice, amount, confirm = false }: DisburseOptions, command: Command) =>
      withClient(command, defaults, async ({ client, show }) => {
        const answer = await client.disburse(creditId, { invoiceId: invoice, amount, confirm })
        show(answer, ({ credit, invoice: lowered }) => `${creditsTable([credit])}\n${invoicesTable([lowered])}`)
      }),
    )
}

function addRemovals(group: Command, defaults: ClientDefaults): void {
  addClientCommand(group, 'delete <credit-id>', 'delete a credit that no bill run has issued yet', defaults)
    .option('--reason <text>', 'why, for the audit')
    .addHelpText(
      'after',
      '\nExample:\n  $ nightbill credit delete 0199f0a2-5b1c-7d3e-8f00-1a2b3c4d5e6f --reason "Entered twice"',
    )
    .action((creditId: string, { reason }: { reason?: string }, command: Command) =>
      withClient(command, defaults, async ({ client, show }) => {
        await client.deleteCredit(creditId, { reason })
        show({ creditId, deleted: true }, () => `Credit ${creditId} is deleted.`)
      }),
    )

  addClientCommand(
    group,
    'reverse <credit-id>',
    "undo an issued credit; the account's next bill run applies it",
    defaults,
  )
    .option('--reason <text>', 'why')
    .option('--wait', 'wait until the reversal is recorded')
    .addHelpText(
      'after',
      '\nExample:\n  $ nightbill credit reverse 0199f0a2-5b1c-7d3e-8f00-1a2b3c4d5e6f --reason "Given in error" --wait',
    )
    .action((creditId: string, { reason, wait = false }: { reason?: string; wait?: boolean }, command: Command) =>
      withClient(command, defaults, async (context) => {
        const { jobId } = await context.client.requestReversal(creditId, { reason })
        if (wait) return showWhenDone(context, jobId, creditId)
        context.show({ jobId, creditId }, () => `Reversal of credit ${creditId} is accepted (job ${jobId}).`)
      }),
    )

  addClientCommand(group, 'unreverse <credit-id>', 'cancel a reversal that no bill run has applied yet', defaults)
    .option('--reason <text>', 'why, for the audit')
    .addHelpText('after', '\nExample:\n  $ nightbill credit unreverse 0199f0a2-5b1c-7d3e-8f00-1a2b3c4d5e6f')
    .action((creditId: string, { reason }: { reason?: string }, command: Command) =>
      withClient(command, defaults, async ({ client, show }) => {
        await client.cancelReversal(creditId, { reason })
        show(await client.getCredit(creditId), (credit) => creditsTable([credit]))
      }),
    )
}

async function showWhenDone({ client, show }: ClientContext, jobId: string, creditId: string): Promise<void> {
  await finishJob(client, jobId)
  show(await client.getCredit(creditId), (credit) => creditsTable([credit]))
}
