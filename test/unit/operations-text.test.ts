import { expect, test } from 'vitest'
import type { Operations } from '../../src/api/types.ts'
import { operationsText } from '../../src/terminal/operations-text.ts'

const URL = 'http://127.0.0.1:3000/'
const work = (kind: string, open: number): Operations['now'][number] => ({
  kind,
  isRequest: kind !== 'bill-batch',
  open,
  oldestSeconds: 0,
  usualSeconds: null,
  donePerMinute: null,
  failedLastHour: 0,
  lastTakenAt: null,
})
const WELL: Operations = {
  at: '2026-11-30T02:14:00.000Z',
  verdict: { level: 'well', findings: 0, title: 'All is well' },
  findings: [],
  now: [work('credit', 3_120), work('reversal', 0), work('bill-run', 1), work('bill-batch', 0)],
  lastRun: null,
  nextRuns: [],
  reconciliation: { last: null, request: null },
}
const check = { name: 'invoice_totals', description: null, held: true, violations: 0, examples: [] }
const LAST: Operations['reconciliation']['last'] = {
  reconciliationId: 7,
  billRunId: null,
  ok: true,
  violations: 0,
  checks: [check, check],
  invoices: 1,
  credits: 1,
  startedAt: '2026-11-30T02:00:00.000Z',
  finishedAt: '2026-11-30T02:01:00.000Z',
}

test('what is wrong comes first, the worst at the top, each with what shows more', () => {
  const id = '01a2054a-648d-776c-81c2-5610c53911c1'
  const finding = { why: 'Why.', since: null }
  const findings: Operations['findings'] = [
    {
      ...finding,
      level: 'bad',
      code: 'waits_too_long',
      what: 'The oldest credit waits 14 min',
      action: { label: 'Look', target: { kind: 'jobs', id: null, status: 'queued', type: 'credit' } },
    },
    {
      ...finding,
      level: 'attention',
      code: 'run_failures',
      what: '12 accounts could not be billed in nightly',
      action: { label: 'See why', target: { kind: 'bill-run-failures', id } },
    },
    {
      ...finding,
      level: 'note',
      code: 'key_expires',
      what: 'The key feed expires in 3 days',
      action: { label: 'Keys', target: { kind: 'key', id } },
    },
  ]
  const lines = operationsText({ ...WELL, findings, reconciliation: { last: LAST, request: null } }, URL).split('\n')
  // How wide the columns are is not what this is about.
  expect(lines.map((line) => line.trimEnd().replace(/(?<=\S) {2,}/g, '  '))).toEqual([
    '✗  The oldest credit waits 14 min  http://127.0.0.1:3000/work?status=queued&type=credit',
    '▲  12 accounts could not be billed in nightly  nightbill bill-run failures 5610c53911c1',
    '·  The key feed expires in 3 days  nightbill key list',
    expect.stringMatching(/^✓ {2}The books add up: 2 of 2 rules, 30 Nov \d\d:\d\d$/),
    '   waiting  3,120 credits · 0 reversals · 0 batches',
    '   next  no bill run: no schedule is on',
  ])
})

test('where all is well, what is due next is said by the clock of its time zone', () => {
  const next = {
    schedule: 'nightly',
    billGroup: 'default',
    at: '2026-12-01T02:00:00.000Z',
    billDate: '2026-12-01',
    timezone: 'Asia/Tokyo',
  }
  const text = operationsText({ ...WELL, nextRuns: [next], reconciliation: { last: LAST, request: null } }, URL)
  expect(text).toContain('next     nightly, default, 01 Dec 11:00 Asia/Tokyo')
  expect(text.startsWith('✓')).toBe(true)
})

test('a proof under way is told, and one that failed is not called well', () => {
  const request = {
    reconciliationRequestId: '01a2054a-648d-776c-81c2-5610c53911c1',
    status: 'running' as const,
    rulesChecked: 9,
    rules: 26,
    reconciliationId: null,
    requestedAt: WELL.at,
    startedAt: WELL.at,
  }
  expect(operationsText({ ...WELL, reconciliation: { last: LAST, request } }, URL)).toContain(
    'The books are being proved, 9 of 26 rules',
  )
  const run: Operations['findings'][number] = {
    level: 'bad',
    code: 'books_broken',
    what: 'What nightly wrote is broken',
    why: 'Why.',
    since: null,
    action: { label: 'See which', target: { kind: 'reconciliation', id: '8' } },
  }
  const since = { ...WELL, findings: [run], reconciliation: { last: LAST, request: null } }
  expect(operationsText(since, URL), 'a run that was reconciled since').not.toContain('add up')
  const broken = { ...LAST, ok: false } as typeof LAST
  expect(operationsText({ ...WELL, reconciliation: { last: broken, request: null } }, URL)).not.toContain('add up')
})
