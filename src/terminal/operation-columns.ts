import type { AuditEntry, Job, Key, Reconciliation, Schedule } from '../api/types.ts'
import { type Column, count, forPeople, forPrograms, id, status, text, time, word } from './column.ts'
import { formatMoney, groupThousands } from './format-money.ts'
import { shortIfId } from './short-id.ts'
import { timeInZone } from './short-time.ts'

export const jobColumns: readonly Column<Job>[] = [
  id('jobId', 'Job', ({ jobId }) => jobId),
  word('type', 'Type', ({ type }) => type),
  word('accountId', 'Account', ({ accountId }) => accountId),
  {
    ...word<Job>('amount', 'Amount', ({ amount }) => amount),
    align: 'right',
    value: ({ amount, currency }) => (amount === null || currency === null ? '' : formatMoney(amount, currency)),
  },
  status('status', 'Status', (job) => job.status),
  time('createdAt', 'Accepted', ({ createdAt }) => createdAt),
  time('finishedAt', 'Ended', ({ finishedAt }) => finishedAt),
  count('attempts', 'Attempts', ({ attempts }) => attempts),
  forPeople('Why', {
    value: ({ error, trouble }) => (error ? `${error.code}: ${error.message}` : (trouble?.reason ?? '')),
    cut: true,
  }),
  forPrograms('currency', ({ currency }) => currency),
  forPrograms('creditId', ({ creditId }) => creditId),
  forPrograms('reference', ({ reference }) => reference),
  forPrograms('errorCode', ({ error }) => error?.code),
  forPrograms('errorMessage', ({ error }) => error?.message),
  forPrograms('trouble', ({ trouble }) => trouble?.reason),
]

export const scheduleColumns: readonly Column<Schedule>[] = [
  word('name', 'Schedule', ({ name }) => name),
  word('cron', 'Cron', ({ cron }) => cron),
  word('timezone', 'Time zone', ({ timezone }) => timezone),
  word('billGroup', 'Bill group', ({ billGroup }) => billGroup),
  {
    ...status('enabled', 'Status', ({ enabled }) => (enabled ? 'enabled' : 'disabled')),
    raw: ({ enabled }) => `${enabled}`,
  },
]

export type DueTime = {
  readonly name: string
  readonly billGroup: string
  readonly billDate: string
  readonly at: string
  readonly timezone: string
}

export const dueColumns: readonly Column<DueTime>[] = [
  word('name', 'Schedule', ({ name }) => name),
  word('billGroup', 'Bill group', ({ billGroup }) => billGroup),
  word('billDate', 'Bill date', ({ billDate }) => billDate),
  { ...time('at', 'Due', ({ at }) => at), value: ({ at, timezone }) => timeInZone(at, timezone) },
]

export const keyColumns: readonly Column<Key>[] = [
  word('keyId', 'Key', ({ keyId }) => keyId),
  text('name', 'Name', ({ name }) => name),
  text('scopes', 'May', ({ scopes }) => scopes.join(' ')),
  time('createdAt', 'Made', ({ createdAt }) => createdAt),
  time('lastUsedAt', 'Last used', ({ lastUsedAt }) => lastUsedAt),
  time('expiresAt', 'Expires', ({ expiresAt }) => expiresAt),
  time('revokedAt', 'Revoked', ({ revokedAt }) => revokedAt),
]

export const reconciliationColumns: readonly Column<Reconciliation>[] = [
  time('startedAt', 'Started', ({ startedAt }) => startedAt),
  time('finishedAt', 'Finished', ({ finishedAt }) => finishedAt),
  {
    ...id('billRunId', 'Of', ({ billRunId }) => billRunId),
    value: ({ billRunId }) => billRunId ?? 'the whole database',
  },
  { ...status('ok', 'Result', ({ ok }) => (ok ? 'ok' : 'broken')), raw: ({ ok }) => `${ok}` },
  text('brokenRules', 'Broken rules', ({ checks }) =>
    checks
      .filter(({ violations }) => violations > 0)
      .map(({ name, violations }) => `${name}: ${groupThousands(violations)}`)
      .join(', '),
  ),
]

export const auditColumns: readonly Column<AuditEntry>[] = [
  time('at', 'At', ({ at }) => at),
  word('action', 'Action', ({ action }) => action),
  { ...word('subject', 'Subject', ({ subject }) => subject), value: ({ subject }) => shortIfId(subject) },
  forPeople('By', {
    value: ({ source, keyName, keyId }) => (source === 'http' ? `key ${keyName ?? keyId}` : source),
    cut: true,
  }),
  forPrograms('source', ({ source }) => source),
  forPrograms('keyName', ({ keyName }) => keyName),
  forPrograms('keyId', ({ keyId }) => keyId),
  text('reason', 'Reason', ({ reason }) => reason),
  text('detail', 'Detail', ({ detail }) => detail),
  forPrograms('requestId', ({ requestId }) => requestId),
]
