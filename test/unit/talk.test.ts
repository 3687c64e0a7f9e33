import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openTalk } from '../../src/cli/talk.ts'
import { finishedRunSentence } from '../../src/terminal/finished-run-sentence.ts'
import { logSentence } from '../../src/terminal/log-sentence.ts'

beforeEach(() => void vi.useFakeTimers({ now: new Date('2026-11-30T02:00:00') }))
afterEach(() => void vi.useRealTimers())

const time = new Date('2026-11-30T02:00:00').getTime()
const record = (fields: object) => ({ level: 30, time, name: 'worker', msg: '', ...fields })
const line = (fields: object) => JSON.stringify(record(fields))

test.each([
  [{ msg: 'request' }, undefined],
  [{ name: 'serve', msg: 'created a database in .nightbill' }, '02:00:00  Created a database in .nightbill.'],
  [
    { msg: 'scheduled bill run', schedule: 'nightly', date: '2026-11-30' },
    '02:00:00  Schedule nightly starts a bill run as of 2026-11-30.',
  ],
  [{ msg: 'reconciled: everything adds up', rules: 26, billRunId: '019a' }, undefined],
  [{ msg: 'reconciled: everything adds up', rules: 26 }, '02:00:00  The books add up: 26 of 26 rules hold.'],
  [
    { level: 50, msg: 'failed for good', job: 'credit', err: { message: 'no', stack: 'Error: no\n    at here' } },
    '02:00:00  ✗ worker: failed for good; job credit\n          Error: no\n          at here',
  ],
  [{ level: 40, msg: 'the \u001b[2Jdatabase is away' }, '02:00:00  ▲ worker: the  [2Jdatabase is away'],
])('%j is told as %j', (fields, told) => {
  expect(logSentence(record(fields), false)).toBe(told)
})

test('how a run ended is told with its totals, and what to do when accounts failed', () => {
  const run = {
    billRunId: '0199f0a2-5b1c-7d3e-8f00-1a2b3c4d5e6f',
    name: 'nightly',
    billDate: '2026-11-30',
    status: 'completed_with_failures',
    seconds: 2.44,
    billed: 4_909,
    nothingToBill: 0,
    failed: 12,
    totals: [{ currency: 'USD', charged: '818639.16', invoices: 4_909 }],
  }
  expect(finishedRunSentence(run)).toBe(
    'Bill run of nightly as of 2026-11-30 completed with failures in 2.4 s: 4,909 accounts billed, 12 failed. ' +
      '818,639.16 USD on 4,909 invoices. Why: nightbill bill-run failures 1a2b3c4d5e6f',
  )
})

test('credits are counted by the minute, repeated warnings too, runs told when they end, and plain text as it is', async () => {
  const told: string[] = []
  let ended: string | undefined
  const talk = openTalk({ print: (text) => told.push(text), colours: false, readFinishedRun: async () => ended })
  talk.line('  Nightbill serves at http://127.0.0.1:3000')
  talk.line('{"level" is no record')
  talk.line(line({ msg: 'job done', job: 'credit', ids: ['a', 'b'] }))
  talk.line(line({ msg: 'job done', job: 'credit', ids: ['c'] }))
  talk.line(line({ msg: 'job done', job: 'bill-run', ids: ['run'] }))
  for (let i = 0; i < 3; i += 1) talk.line(line({ level: 40, msg: 'not ready' }))
  await vi.advanceTimersByTimeAsync(1_000)
  expect(told.splice(0)).toEqual([
    '  Nightbill serves at http://127.0.0.1:3000',
    '{"level" is no record',
    '02:00:00  ▲ worker: not ready',
  ])
  ended = 'Bill run of nightly completed.'
  talk.line(line({ msg: 'job done', job: 'bill-batch', ids: ['batch'] }))
  await vi.advanceTimersByTimeAsync(1_000)
  expect(told.splice(0)).toEqual(['02:00:01  Bill run of nightly completed.'])
  await vi.advanceTimersByTimeAsync(60_000)
  expect(told.splice(0)).toEqual([
    '02:01:00  3 credits recorded in the last minute.',
    '02:01:00  2 more times in the last minute: worker: not ready',
  ])
  await vi.advanceTimersByTimeAsync(120_000)
  expect(told).toEqual([])
  talk.close()
})
