import type { Command } from 'commander'
import type { InvoiceQuery } from '../api/types.ts'
import { collectPages } from '../client/collect-pages.ts'
import { invoiceColumns, transactionColumns } from '../terminal/invoice-columns.ts'
import { invoicePaper } from '../terminal/invoice-paper.ts'
import { addClientCommand, addClientGroup, type ClientDefaults, withClient } from './client-command.ts'
import { forEachId } from './each-id.ts'
import { addListCommand } from './list-command.ts'
import { resolveBillRun, resolveInvoice } from './resolve-id.ts'

type Filters = { account?: string; status?: InvoiceQuery['status']; billRun?: string }

/** `nightbill invoice ...` */
export function addInvoiceCommand(program: Command, defaults: ClientDefaults): void {
  const group = addClientGroup(program, 'invoice', 'what accounts were billed')

  addListCommand(group, ['list', 'invoices, newest first'], defaults, {
    limit: 50,
    list: async (client, page, { account, status, billRun }: Filters) => {
      const billRunId = billRun === undefined ? undefined : await resolveBillRun(client, billRun)
      return client.listInvoices({ ...page, accountId: account, status, billRunId })
    },
    columns: invoiceColumns,
    none: 'No invoices.',
  })
    .option('--account <account-id>', 'only of this account')
    .option('--status <status>', 'only paid, unpaid or overdue ones')
    .option('--bill-run <bill-run>', 'only of this bill run')
    .addHelpText('after', '\nExample:\n  $ nightbill invoice list --account acme --status unpaid')

  addClientCommand(
    group,
    'show <invoice>',
    'an invoice with its lines, by id or number; - reads them from stdin',
    defaults,
  )
    .addHelpText('after', '\nExample:\n  $ nightbill invoice show 18')
    .action((argument: string, _options: unknown, command: Command) =>
      withClient(command, defaults, (context) =>
        forEachId(context, argument, async (text) => {
          const { client, output, show } = context
          const invoice = await client.getInvoice(await resolveInvoice(client, text))
          show(invoice, () => {
            const lines = output.table(transactionColumns(invoice.currency), invoice.transactions)
            const more = invoice.transactionCount - invoice.transactions.length
            const rest = more > 0 ? `\n${more} more lines: nightbill invoice print ${invoice.number}` : ''
            return `${output.table(invoiceColumns, [invoice])}\n\n${lines}${rest}`
          })
        }),
      ),
    )

  addClientCommand(group, 'print <invoice>', 'an invoice as plain text, with all its lines', defaults)
    .addHelpText('after', '\nExample:\n  $ nightbill invoice print 18 | lp')
    .action((text: string, _options: unknown, command: Command) =>
      withClient(command, defaults, async ({ client, show }) => {
        const invoice = await client.getInvoice(await resolveInvoice(client, text))
        const { data: lines } = await collectPages((page) => client.listInvoiceTransactions(invoice.invoiceId, page))
        show({ ...invoice, transactions: lines }, () => invoicePaper(invoice, lines))
      }),
    )
}
