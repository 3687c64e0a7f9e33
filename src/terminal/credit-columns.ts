import type { Credit, Disbursement } from '../api/types.ts'
import { type Column, forPeople, forPrograms, id, money, number, status, text, time, word } from './column.ts'

export const creditColumns: readonly Column<Credit>[] = [
  id('creditId', 'Credit', ({ creditId }) => creditId),
  word('accountId', 'Account', ({ accountId }) => accountId),
  status('status', 'Status', (credit) => credit.status),
  forPeople('Disbursed', {
    value: ({ automaticDisbursement }) => (automaticDisbursement ? 'automatically' : 'by hand'),
  }),
  money('amount', 'Amount', ({ amount, currency }) => [amount, currency]),
  money('amountLeft', 'Left', ({ amountLeft, currency }) => [amountLeft, currency]),
  number('invoiceNumber', 'Invoice', ({ invoiceNumber }) => invoiceNumber),
  text('reason', 'Reason', ({ reason }) => reason),
  forPrograms('currency', ({ currency }) => currency),
  forPrograms('automaticDisbursement', ({ automaticDisbursement }) => automaticDisbursement),
  forPrograms('reference', ({ reference }) => reference),
  forPrograms('accountName', ({ accountName }) => accountName),
  forPrograms('note', ({ note }) => note),
  forPrograms('invoiceId', ({ invoiceId }) => invoiceId),
  forPrograms('reversedOnInvoiceId', ({ reversedOnInvoiceId }) => reversedOnInvoiceId),
  forPrograms('createdAt', ({ createdAt }) => createdAt),
]

/** `currency` is the credit's: disbursements do not name one. */
export function disbursementColumns(currency: string): readonly Column<Disbursement>[] {
  return [
    id('disbursementId', 'Disbursement', ({ disbursementId }) => disbursementId),
    number('invoiceNumber', 'Invoice', ({ invoiceNumber }) => invoiceNumber),
    money('amount', 'Amount', ({ amount }) => [amount, currency]),
    forPeople('Made', { value: ({ automatic }) => (automatic ? 'automatically' : 'by hand') }),
    time('createdAt', 'At', ({ createdAt }) => createdAt),
    forPrograms('automatic', ({ automatic }) => automatic),
    forPrograms('invoiceId', ({ invoiceId }) => invoiceId),
  ]
}
