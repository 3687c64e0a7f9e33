import type { Account, ListedCharge } from '../api/types.ts'
import { type Column, count, forPrograms, id, money, number, status, text, time, word } from './column.ts'

export const accountColumns: readonly Column<Account>[] = [
  word('accountId', 'Account', ({ accountId }) => accountId),
  text('name', 'Name', ({ name }) => name),
  word('billGroup', 'Bill group', ({ billGroup }) => billGroup),
  count('paymentTermsDays', 'Terms, days', ({ paymentTermsDays }) => paymentTermsDays),
  money('balance', 'Balance', ({ balance, currency }) => [balance, currency]),
  money('creditLeft', 'Credit left', ({ creditLeft, currency }) => [creditLeft, currency]),
  forPrograms('currency', ({ currency }) => currency),
  forPrograms('createdAt', ({ createdAt }) => createdAt),
]

export const chargeColumns: readonly Column<ListedCharge>[] = [
  id('chargeId', 'Charge', ({ chargeId }) => chargeId),
  word('accountId', 'Account', ({ accountId }) => accountId),
  word('chargedOn', 'Date', ({ chargedOn }) => chargedOn),
  money('amount', 'Amount', ({ amount, currency }) => [amount, currency]),
  status('status', 'Status', (charge) => charge.status),
  number('invoiceNumber', 'Invoice', ({ invoiceNumber }) => invoiceNumber),
  text('description', 'Description', ({ description }) => description),
  text('reference', 'Reference', ({ reference }) => reference),
  time('createdAt', 'Recorded', ({ createdAt }) => createdAt),
  forPrograms('currency', ({ currency }) => currency),
]
