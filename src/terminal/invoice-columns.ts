import type { Invoice, InvoiceTransaction, PreviewedInvoice } from '../api/types.ts'
import { type Column, count, forPrograms, id, money, number, status, text, word } from './column.ts'
import { renderTable } from './render-table.ts'

type Amounts = Pick<PreviewedInvoice, 'totalCharge' | 'total' | 'balance' | 'currency'>

const amountColumns: readonly Column<Amounts>[] = [
  money('totalCharge', 'Total charge', ({ totalCharge, currency }) => [totalCharge, currency]),
  money('total', 'Total', ({ total, currency }) => [total, currency]),
  money('balance', 'Balance', ({ balance, currency }) => [balance, currency]),
]

export const invoiceColumns: readonly Column<Invoice>[] = [
  number('number', 'Invoice', (invoice) => invoice.number),
  id('invoiceId', 'Id', ({ invoiceId }) => invoiceId),
  word('accountId', 'Account', ({ accountId }) => accountId),
  word('issuedOn', 'Issued', ({ issuedOn }) => issuedOn),
  word('dueOn', 'Due', ({ dueOn }) => dueOn),
  ...amountColumns,
  status('status', 'Status', (invoice) => invoice.status),
  forPrograms('currency', ({ currency }) => currency),
  forPrograms('accountName', ({ accountName }) => accountName),
  forPrograms('billRunId', ({ billRunId }) => billRunId),
  forPrograms('transactionCount', ({ transactionCount }) => transactionCount),
]

export const previewColumns: readonly Column<PreviewedInvoice>[] = [
  word('accountId', 'Account', ({ accountId }) => accountId),
  ...amountColumns,
  count('transactionCount', 'Lines', ({ transactionCount }) => transactionCount),
  forPrograms('currency', ({ currency }) => currency),
  forPrograms('issuedOn', ({ issuedOn }) => issuedOn),
  forPrograms('dueOn', ({ dueOn }) => dueOn),
]

/** `currency` is the invoice's: its lines do not name one. */
export function transactionColumns(currency: string): readonly Column<InvoiceTransaction>[] {
  return [
    { ...word('type', 'Transaction', ({ type }) => type), value: ({ type }) => transactionNames[type] },
    text('description', 'Description', ({ description }) => description),
    money('amount', 'Amount', ({ amount }) => [amount, currency]),
  ]
}

export function transactionsTable(transactions: readonly InvoiceTransaction[], currency: string): string {
  return renderTable(transactionColumns(currency), transactions)
}

const transactionNames = { charge: 'Charge', credit: 'Credit', reversed_credit: 'Reversed Credit' } as const
