import type { Invoice, InvoiceTransaction } from '../api/types.ts'
import { printable } from '../client/printable.ts'
import { formatMoney } from './format-money.ts'
import { transactionColumns } from './invoice-columns.ts'
import { renderTable, type TableColumn } from './render-table.ts'
import { longDate } from './short-time.ts'

type Sum = readonly [label: string, amount: string]

const sumColumns: readonly TableColumn<Sum>[] = [
  { title: '', value: ([label]) => label },
  { title: '', value: ([, amount]) => amount, align: 'right' },
]

/** An invoice as it is printed, in plain text: its lines, and what was disbursed to it. */
export function invoicePaper(invoice: Invoice, lines: readonly InvoiceTransaction[]): string {
  const { number, accountId, accountName, currency, issuedOn, dueOn, total, balance, disbursements } = invoice
  const sums: readonly Sum[] = [
    ['Total', formatMoney(total, currency)],
    ...disbursements.map(({ amount, createdAt }): Sum => {
      return [`Credit disbursed, ${longDate(createdAt.slice(0, 10))}`, `-${formatMoney(amount, currency)}`]
    }),
    ['To pay', formatMoney(balance, currency)],
  ]
  return [
    `INVOICE ${number}`,
    '',
    printable(`${accountName} (${accountId})`),
    `Issued ${longDate(issuedOn)}, due ${longDate(dueOn)}`,
    '',
    renderTable(transactionColumns(currency), lines),
    '',
    renderTable(sumColumns, sums, { header: false }),
  ].join('\n')
}
