import { describe, expect, test } from 'vitest'
import type { Facts, WorkFacts } from '../../src/ops/facts.ts'
import { FINDING_CODES, findWrong, judge } from '../../src/ops/findings.ts'
import { group, sayDate, sayDuration, sayNumber } from '../../src/ops/wording.ts'

const NOW = new Date('2026-11-30T02:14:00Z')
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1_000)
const HOUR = 3_600
const DAY = 24 * HOUR

const RUN = {
  id: 'run',
  name: 'nightly 2026-11-29',
  schedule_name: 'nightly',
  bill_group: 'default',
  bill_date: '2026-11-29',
}
const CREDIT: WorkFacts = {
  kind: 'credit',
  isRequest: true,
  open: 0,
  oldestSeconds: 0,
  usualSeconds: 0.02,
  donePerMinute: 200,
  failedLastHour: 0,
  lastTakenAt: ago(3),
}
const waits = (change: Partial<WorkFacts>) => ({ work: [{ ...CREDIT, open: 3_120, ...change }] })
const proof = (seconds: number) => ({ id: 7, ok: true, violations: 0, broken: [], finishedAt: ago(seconds) })
const schedule = (late: number, change = {}) => ({
  schedules: [{ name: 'nightly', due: ago(late), proposed: true, begun: false, ...change }],
})
const openRun = (change: object) => ({
  openRuns: [
    {
      ...RUN,
      created_at: ago(600),
      began_at: ago(600),
      last_progress_at: ago(1),
      accounts: 12_304,
      done: 7_847,
      trouble: null,
      median_seconds: null,
      ...change,
    },
  ],
})
const charged = (amount: string, currency = 'USD') =>
  ({ ...RUN, finished_at: ago(60), totals: [{ currency, charged: amount }] }) as unknown as Facts['lastRun']
const key = (seconds: number) => ({ keys: [{ id: 'key', name: 'feed', expiresAt: ago(-seconds) }] })

const WELL: Facts = {
  now: NOW,
  readiness: { ready: true, database: 'ok', queue: 'ok', migrations: 'ok' },
  work: [CREDIT],
  failedRequests: { counts: [], since: null },
  schedules: [],
  runsWithFailures: [],
  openRuns: [],
  lastRun: null,
  runBefore: null,
  reconciliation: proof(HOUR),
  brokenRuns: [],
  keys: [],
}
const found = (change: Partial<Facts>) => findWrong({ ...WELL, ...change }).map(({ code }) => code)

/** What is found in which facts, each rule on both sides of its limit. */
const CASES: readonly (readonly [name: string, facts: Partial<Facts>, codes: readonly string[]])[] = [
  ['all is well', {}, []],
  ['the queue is away', { readiness: { ...WELL.readiness, queue: 'unreachable' } }, ['queue_unreachable']],
  ['a migration is pending', { readiness: { ...WELL.readiness, migrations: 'pending' } }, ['migrations_pending']],
  [
    'the books are broken',
    { reconciliation: { ...proof(HOUR), ok: false, broken: ['credit_left'] } },
    ['books_broken'],
  ],
  ['a run is broken', { brokenRuns: [{ ...proof(HOUR), ok: false, run: RUN }] }, ['books_broken']],
  ['a run is due for 5 min', schedule(300), []],
  ['and for longer', schedule(301), ['schedule_not_begun']],
  ['nobody proposed it', schedule(301, { proposed: false }), ['schedule_not_begun']],
  ['it has begun', schedule(301, { begun: true }), []],
  ['the oldest waits for 60 s', waits({ oldestSeconds: 60 }), []],
  ['and for longer', waits({ oldestSeconds: 61 }), ['waits_longer_than_usual']],
  ['which is usual', waits({ oldestSeconds: 61, usualSeconds: 6.1 }), []],
  ['ten times the usual', waits({ oldestSeconds: 62, usualSeconds: 6.1 }), ['waits_longer_than_usual']],
  ['what is usual is not known', waits({ oldestSeconds: 61, usualSeconds: null }), ['waits_longer_than_usual']],
  ['the oldest waits for 10 min', waits({ oldestSeconds: 600 }), ['waits_longer_than_usual']],
  ['and for longer, usual or not', waits({ oldestSeconds: 601, usualSeconds: 500 }), ['waits_too_long']],
  ['a batch waits for its turn', waits({ oldestSeconds: 5_000, isRequest: false }), []],
  [
    'accounts were not billed',
    { runsWithFailures: [{ ...RUN, finished_at: ago(HOUR), failures: [{ code: 'timed_out', count: 4 }] }] },
    ['run_failures'],
  ],
  ['a run came forward 60 s ago', openRun({ last_progress_at: ago(60) }), []],
  ['and longer ago', openRun({ last_progress_at: ago(61) }), ['run_stalled']],
  ['a run has not begun', openRun({ began_at: null, last_progress_at: ago(61) }), ['run_stalled']],
  ['a run takes as long as twice the usual', openRun({ median_seconds: 300 }), []],
  ['and longer', openRun({ median_seconds: 299 }), ['run_slow']],
  ['a short run', openRun({ began_at: ago(60), median_seconds: 1 }), []],
  ['slow and at a standstill', openRun({ median_seconds: 1, last_progress_at: ago(61) }), ['run_stalled']],
  [
    'requests failed',
    { failedRequests: { counts: [{ code: 'timed_out', count: 2 }], since: ago(60) } },
    ['requests_failed'],
  ],
  ['proved 36 h ago', { reconciliation: proof(36 * HOUR) }, []],
  ['and longer ago', { reconciliation: proof(36 * HOUR + 1) }, ['books_not_proved']],
  ['never proved', { reconciliation: null }, ['books_not_proved']],
  ['a key expires', key(13 * DAY), ['key_expires']],
  ['charged 30 % more', { lastRun: charged('130'), runBefore: charged('100') }, []],
  ['and yet more', { lastRun: charged('130.01'), runBefore: charged('100') }, ['charged_changed']],
  ['charged 30 % less', { lastRun: charged('70'), runBefore: charged('100') }, []],
  ['and yet less', { lastRun: charged('69.99'), runBefore: charged('100') }, ['charged_changed']],
  ['another currency', { lastRun: charged('500', 'EUR'), runBefore: charged('100') }, []],
  ['the first run', { lastRun: charged('500') }, []],
]

test.each(CASES)('%s', (_, facts, codes) => {
  expect(found(facts)).toEqual(codes)
})

test('every rule is tried here', () => {
  const tried = new Set(CASES.flatMap(([, , codes]) => codes))
  expect(FINDING_CODES.map(([, code]) => code).toSorted()).toEqual([...tried].toSorted())
})

test('the worst comes first, whatever the order of the facts', () => {
  expect(
    findWrong({ ...WELL, ...key(DAY), ...waits({ oldestSeconds: 700 }), reconciliation: null }).map(
      ({ level }) => level,
    ),
  ).toEqual(['bad', 'attention', 'note'])
})

describe('the words', () => {
  const only = (facts: Partial<Facts>) => findWrong({ ...WELL, ...facts })[0]
  test('of what waits: what, how bad, what is safe', () => {
    expect(only(waits({ oldestSeconds: 840, lastTakenAt: ago(840) }))).toEqual({
      level: 'bad',
      code: 'waits_too_long',
      what: 'The oldest credit waits 14 min, usually under a second',
      why: 'No worker has taken one for 14 min. Nothing is lost: 3,120 requests are safe and are carried out once a worker takes them.',
      since: new Date('2026-11-30T02:00:00Z'),
      action: { label: 'Look', target: { kind: 'jobs', id: null, status: 'queued', type: 'credit' } },
    })
    expect(only(waits({ open: 1, oldestSeconds: 700, lastTakenAt: null }))?.why).toBe(
      'No worker has ever taken one. Nothing is lost: 1 request is safe and is carried out once a worker takes it.',
    )
  })

  test('of failures: how many, why, and that they are not lost', () => {
    const failures = [
      { code: 'database_refused', count: 8 },
      { code: 'timed_out', count: 4 },
    ]
    expect(only({ runsWithFailures: [{ ...RUN, finished_at: ago(HOUR), failures }] })).toMatchObject({
      what: '12 accounts could not be billed in nightly, 29 Nov 2026',
      why: '8: The database refused what would break a rule; 4: It took too long in every try. What they owe stays pending: mend the cause, then retry.',
      action: { label: 'See why', target: { kind: 'bill-run-failures', id: 'run' } },
    })
    const many = only({ failedRequests: { counts: [{ code: 'timed_out', count: 10_000 }], since: null } })
    expect(many?.what).toBe('10,000 requests or more failed in the last 24 h')
  })

  test('of a run: what stands in its way', () => {
    const run = openRun({ last_progress_at: ago(180), trouble: 'permission denied for table invoice' })
    expect(only(run)).toMatchObject({
      what: 'nightly, 29 Nov 2026 makes no progress, for 3 min',
      why: 'In its way: permission denied for table invoice. 7,847 of 12,304 accounts are dealt with and stay so; the rest goes on by itself.',
    })
  })

  test('of what was charged: by how much', () => {
    expect(only({ lastRun: charged('1204511.05'), runBefore: charged('830000') })).toMatchObject({
      what: 'nightly, 29 Nov 2026 charged 45 % more than the run before',
      why: '1,204,511.05 USD after 830,000.00 USD.',
    })
  })
})

test('the verdict counts what needs somebody', () => {
  const verdict = (facts: Partial<Facts>) => judge(findWrong({ ...WELL, ...facts }))
  expect(verdict({})).toEqual({ level: 'well', findings: 0, title: 'All is well' })
  expect(verdict(key(DAY))).toEqual({ level: 'note', findings: 1, title: 'All is well' })
  expect(verdict({ reconciliation: null })).toMatchObject({ level: 'attention', title: 'One thing needs you' })
  expect(verdict({ reconciliation: null, ...waits({ oldestSeconds: 700 }) })).toEqual({
    level: 'bad',
    findings: 2,
    title: 'Two things need you',
  })
})

test.each([
  [0.4, 'under a second'],
  [59.9, '59 s'],
  [60, '1 min'],
  [7_199, '119 min'],
  [7_200, '2 h'],
  [3 * DAY - 1, '71 h'],
  [3 * DAY, '3 days'],
])('%d seconds are %s', (seconds, said) => expect(sayDuration(seconds)).toBe(said))

test('numbers and dates are written as people write them', () => {
  expect([sayNumber(1), sayNumber(12), sayNumber(1_300)]).toEqual(['One', 'Twelve', '1,300'])
  expect([group(999), group(1_000), group('1204511.0525')]).toEqual(['999', '1,000', '1,204,511.0525'])
  expect(sayDate('2026-01-09')).toBe('9 Jan 2026')
})
