import type { BillRun, BillRunFailure, BillRunFailureGroup, BillRunTotal } from '../api/types.ts'
import { type Column, count, forPeople, forPrograms, id, money, status, text, time, word } from './column.ts'
import { formatMoney, groupThousands } from './format-money.ts'

export const billRunColumns: readonly Column<BillRun>[] = [
  id('billRunId', 'Bill run', ({ billRunId }) => billRunId),
  forPeople('Of', { value: runName, cut: true }),
  word('billDate', 'Bill date', ({ billDate }) => billDate),
  status('status', 'Status', (run) => run.status),
  time('createdAt', 'Accepted', ({ createdAt }) => createdAt),
  count('accounts', 'Accounts', ({ progress }) => progress.accounts),
  count('billed', 'Billed', ({ progress }) => progress.billed),
  count('failed', 'Failed', ({ progress }) => progress.failed),
  forPeople('Charged', {
    align: 'right',
    value: ({ totals: [first, ...more] }) =>
      first ? `${formatMoney(first.charged, first.currency)}${more.length === 0 ? '' : ` +${more.length}`}` : '',
  }),
  forPrograms('nothingToBill', ({ progress }) => progress.nothingToBill),
  forPrograms('name', ({ name }) => name),
  forPrograms('billGroup', ({ billGroup }) => billGroup),
  forPrograms('schedule', ({ schedule }) => schedule),
  forPrograms('startedAt', ({ startedAt }) => startedAt),
  forPrograms('finishedAt', ({ finishedAt }) => finishedAt),
]

export const totalColumns: readonly Column<BillRunTotal>[] = [
  count('invoices', 'Invoices', ({ invoices }) => invoices),
  money('charged', 'Charged', ({ charged, currency }) => [charged, currency]),
  forPeople('Credits issued', {
    align: 'right',
    value: ({ creditsIssued, currency }) => countAndMoney(creditsIssued, currency),
  }),
  money('disbursed', 'Disbursed', ({ disbursed, currency }) => [disbursed, currency]),
  forPeople('Credits reversed', {
    align: 'right',
    value: ({ creditsReversed, currency }) => countAndMoney(creditsReversed, currency),
  }),
]

export const failureColumns: readonly Column<BillRunFailure>[] = [
  word('accountId', 'Account', ({ accountId }) => accountId),
  word('code', 'Code', ({ code }) => code),
  text('message', 'Reason', ({ message }) => message),
  count('attempts', 'Attempts', ({ attempts }) => attempts),
]

/** Failures by their reason. */
export const failureGroupColumns: readonly Column<BillRunFailureGroup>[] = [
  count('count', 'Accounts', (group) => group.count),
  word('code', 'Code', ({ code }) => code),
  text('example', 'For example', ({ example }) => example),
  {
    ...word('accountIds', 'Which', ({ accountIds }) => accountIds.join(' ')),
    value: ({ accountIds, count: all }) => {
      const named = accountIds.slice(0, 3)
      return all > named.length ? `${named.join(' ')} +${all - named.length}` : named.join(' ')
    },
  },
  forPrograms('title', ({ title }) => title),
]

/** What a run is of, for people. */
export function runName({ name, schedule, billGroup }: BillRun): string {
  return name ?? schedule ?? billGroup ?? 'named accounts'
}

function countAndMoney({ count: many, amount }: BillRunTotal['creditsIssued'], currency: string): string {
  return many === 0 ? '-' : `${groupThousands(many)}: ${formatMoney(amount, currency)}`
}
