import type { Command } from 'commander'
import type { Credit } from '../api/types.ts'
import type { ApiClient } from '../client/api-client.ts'
import { printable } from '../client/printable.ts'
import { formatAmount, Money } from '../money.ts'
import { creditColumns } from '../terminal/credit-columns.ts'
import { formatMoney } from '../terminal/format-money.ts'
import { shortId } from '../terminal/short-id.ts'
import { addClientCommand, type ClientContext, type ClientDefaults, withClient, withYes } from './client-command.ts'
import { CommandError } from './command-error.ts'
import { showWhenDone } from './credit-wait.ts'
import { forEachId } from './each-id.ts'
import { resolveCredit } from './resolve-id.ts'
import { addWait, type WaitOptions } from './wait-options.ts'

type ReverseOptions = WaitOptions & { readonly reason?: string; readonly dryRun?: boolean }

/** `nightbill credit delete`, `reverse` and `cancel-reversal` */
export function addCreditChanges(group: Command, defaults: ClientDefaults): void {
  addDelete(group, defaults)
  addReverse(group, defaults)
  addCancelReversal(group, defaults)
}

function addDelete(group: Command, defaults: ClientDefaults): void {
  withYes(
    addClientCommand(
      group,
      'delete <credit-id>',
      'delete a credit that no bill run has issued yet; - reads ids from stdin',
      defaults,
    ),
  )
    .option('--reason <text>', 'why, for the audit')
    .addHelpText('after', '\nExample:\n  $ nightbill credit delete 1a2b3c4d5e6f --reason "Entered twice"')
    .action((argument: string, { reason }: { reason?: string }, command: Command) =>
      withClient(command, defaults, (context) =>
        forEachId(
          context,
          argument,
          async (text) => {
            const { client, show, ask } = context
            const creditId = await resolveCredit(client, text)
            await ask(async () => `${await described(client, creditId)}.\nIt cannot be brought back.`, 'Delete it?')
            await client.deleteCredit(creditId, { reason })
            show({ creditId, deleted: true }, () => `Credit ${creditId} is deleted.`)
          },
          'delete',
        ),
      ),
    )
}

function addReverse(group: Command, defaults: ClientDefaults): void {
  const usage = 'reverse <credit-id>'
  const description = "undo an issued credit; the account's next bill run applies it; - reads ids from stdin"
  withYes(addWait(addClientCommand(group, usage, description, defaults), 'the reversal is recorded'))
    .option('--reason <text>', 'why')
    .option('--dry-run', 'say what it would come to, and change nothing')
    .addHelpText(
      'after',
      '\nExample:\n  $ nightbill credit reverse 0199f0a2-5b1c-7d3e-8f00-1a2b3c4d5e6f --reason "Given in error" --wait',
    )
    .action((argument: string, options: ReverseOptions, command: Command) =>
      withClient(command, defaults, (context) =>
        forEachId(
          context,
          argument,
          async (text) => reverse(context, await resolveCredit(context.client, text), options),
          options.dryRun ? undefined : 'reverse',
        ),
      ),
    )
}

async function reverse(context: ClientContext, creditId: string, options: ReverseOptions): Promise<void> {
  const { client, show, ask } = context
  const { reason, wait = false, dryRun = false } = options
  const foreseen = async () => {
    const credit = await client.getCredit(creditId)
    const amount = formatMoney(credit.amount, credit.currency)
    return `${await described(client, creditId)}.
The next bill run puts a Reversed Credit of ${amount} on its new invoice.
Until then: nightbill credit cancel-reversal ${shortId(creditId)}`
  }
  if (dryRun) {
    const { status } = await client.getCredit(creditId)
    if (status !== 'issued') {
      const code = status === 'reversed' ? 'credit_already_reversed' : 'credit_not_issued'
      throw new CommandError(
        `It would be refused: the credit is ${status.replaceAll('_', ' ')}; nothing was changed (${code})`,
      )
    }
    const text = await foreseen()
    return show({ dryRun: true, creditId, status }, () => `${text}\nNothing was changed.`)
  }
  await ask(foreseen, 'Reverse it?')
  const { jobId } = await client.requestReversal(creditId, { reason })
  if (wait) return showWhenDone(context, jobId, creditId, options)
  show({ jobId, creditId }, () => `Reversal of credit ${creditId} is accepted (job ${jobId}).`)
}

function addCancelReversal(group: Command, defaults: ClientDefaults): void {
  const usage = 'cancel-reversal <credit-id>'
  const description = 'cancel a reversal that no bill run has applied yet; - reads ids from stdin'
  withYes(addClientCommand(group, usage, description, defaults))
    // Its name up to 0.1.
    .alias('unreverse')
    .option('--reason <text>', 'why, for the audit')
    .addHelpText('after', '\nExample:\n  $ nightbill credit cancel-reversal 1a2b3c4d5e6f')
    .action((argument: string, { reason }: { reason?: string }, command: Command) =>
      withClient(command, defaults, (context) =>
        forEachId(
          context,
          argument,
          async (text) => {
            const { client, showRow } = context
            const creditId = await resolveCredit(client, text)
            await client.cancelReversal(creditId, { reason })
            showRow(await client.getCredit(creditId), creditColumns)
          },
          'cancel the reversals of',
        ),
      ),
    )
}

/** A credit in words, as far as it matters to whoever is about to change it. */
async function described(client: ApiClient, creditId: string): Promise<string> {
  const credit: Credit = await client.getCredit(creditId)
  const { name } = await client.getAccount(credit.accountId)
  const { amount, amountLeft, currency, accountId, invoiceNumber } = credit
  const disbursed = formatAmount(new Money(amount).minus(amountLeft), currency)
  const place =
    invoiceNumber === null ? 'not on an invoice yet' : `on invoice ${invoiceNumber}, ${disbursed} of it disbursed`
  return printable(`${formatMoney(amount, currency)} of ${name} (${accountId}), ${place}`)
}
