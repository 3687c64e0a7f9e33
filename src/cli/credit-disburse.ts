import type { Command } from 'commander'
import type { Credit, Invoice } from '../api/types.ts'
import { formatAmount, Money, parseAmount } from '../money.ts'
import { creditColumns } from '../terminal/credit-columns.ts'
import { formatMoney } from '../terminal/format-money.ts'
import { invoiceColumns } from '../terminal/invoice-columns.ts'
import { addClientCommand, type ClientDefaults, withClient } from './client-command.ts'
import { CommandError } from './command-error.ts'
import { resolveCredit, resolveInvoice } from './resolve-id.ts'

type DisburseOptions = { invoice: string; amount: string; confirm?: boolean; dryRun?: boolean }

/** `nightbill credit disburse` */
export function addDisburse(group: Command, defaults: ClientDefaults): void {
  addClientCommand(
    group,
    'disburse <credit-id>',
    'apply some or all of an issued credit to an unpaid invoice',
    defaults,
  )
    .requiredOption('--invoice <invoice>', 'id or number of the invoice whose balance it lowers')
    .requiredOption('--amount <amount>', 'how much of the credit')
    .option('--confirm', 'disburse even if the same was disbursed within the last minute')
    .option('--dry-run', 'say what it would come to, and change nothing')
    .addHelpText(
      'after',
      `
Examples:
  $ nightbill credit disburse 1a2b3c4d5e6f --invoice 18 --amount 50.00 --dry-run
  $ nightbill credit disburse 0199f0a2-5b1c-7d3e-8f00-1a2b3c4d5e6f \\
      --invoice 0199f0a2-77aa-7c21-9b00-0f1e2d3c4b5a --amount 50.00`,
    )
    .action((argument: string, { amount, dryRun = false, ...options }: DisburseOptions, command: Command) =>
      withClient(command, defaults, async ({ client, output, show }) => {
        const creditId = await resolveCredit(client, argument)
        const invoiceId = await resolveInvoice(client, options.invoice)
        if (dryRun) {
          const [credit, invoice] = await Promise.all([client.getCredit(creditId), client.getInvoice(invoiceId)])
          return show(foresee(credit, invoice, amount), ({ text }) => text)
        }
        const answer = await client.disburse(creditId, { invoiceId, amount, confirm: options.confirm ?? false })
        show(
          answer,
          ({ credit, invoice }) =>
            `${output.table(creditColumns, [credit])}\n\n${output.table(invoiceColumns, [invoice])}`,
        )
      }),
    )
}

/** What a disbursement would leave. Throws a CommandError when it would be refused. The service judges again when it is asked. */
function foresee(credit: Credit, invoice: Invoice, text: string) {
  const { currency } = credit
  const amount = parseAmount(text, currency)
  if (typeof amount === 'string') throw new CommandError(`The amount ${amount}; nothing was changed (invalid_amount)`)
  const refuse = (why: string, code: string) => {
    throw new CommandError(`It would be refused: ${why}; nothing was changed (${code})`)
  }
  if (invoice.accountId !== credit.accountId) refuse('the invoice is of another account', 'invoice_of_other_account')
  if (credit.status !== 'issued') refuse(`the credit is ${credit.status.replaceAll('_', ' ')}`, 'credit_not_issued')
  if (amount.greaterThan(credit.amountLeft)) {
    refuse(`the credit has ${formatMoney(credit.amountLeft, currency)} left`, 'amount_exceeds_credit_left')
  }
  if (amount.greaterThan(invoice.balance)) {
    refuse(`the invoice owes ${formatMoney(invoice.balance, currency)}`, 'amount_exceeds_invoice_balance')
  }
  const less = (from: string) => formatAmount(new Money(from).minus(amount), currency)
  const amountLeft = less(credit.amountLeft)
  const balance = less(invoice.balance)
  const left = formatMoney(amountLeft, currency)
  return {
    dryRun: true,
    credit: { creditId: credit.creditId, amountLeft },
    invoice: { invoiceId: invoice.invoiceId, number: invoice.number, balance },
    text: `The credit would have ${left} left, and invoice ${invoice.number} would owe ${formatMoney(balance, currency)}. Nothing was changed.`,
  }
}
