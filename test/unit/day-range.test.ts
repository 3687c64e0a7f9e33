import { describe, expect, test } from 'vitest'
import { rangeOf, startOfDay } from '../../src/console/parts/range.ts'
import type { Visit } from '../../src/console/visit.ts'

describe('when a day begins in a zone', () => {
  test.each([
    ['UTC', '2026-11-24', '2026-11-24T00:00:00.000Z'],
    ['Europe/London', '2026-07-01', '2026-06-30T23:00:00.000Z'],
    ['America/New_York', '2026-11-24', '2026-11-24T05:00:00.000Z'],
    ['Asia/Kathmandu', '2026-11-24', '2026-11-23T18:15:00.000Z'],
    ['Pacific/Kiritimati', '2026-11-24', '2026-11-23T10:00:00.000Z'],
    // The day on which the clocks change, and the one after it.
    ['America/New_York', '2026-11-01', '2026-11-01T04:00:00.000Z'],
    ['America/New_York', '2026-11-02', '2026-11-02T05:00:00.000Z'],
    ['Europe/Berlin', '2026-03-30', '2026-03-29T22:00:00.000Z'],
  ])('%s %s', (zone, day, moment) => {
    expect(startOfDay(day, zone)).toBe(moment)
  })
})

describe('the range of a statement', () => {
  const visit = (query: string, now = '2026-03-31T12:00:00Z') =>
    ({ query: new URLSearchParams(query), now: new Date(now), preferences: { zone: 'UTC' } }) as unknown as Visit
  test.each([
    ['', { name: 'year', firstDay: '2025-03-31', lastDay: undefined, to: undefined }],
    ['range=month', { name: 'month', firstDay: '2026-02-28' }],
    ['range=quarter', { name: 'quarter', firstDay: '2025-12-31' }],
    ['range=all', { name: 'all', firstDay: undefined, from: undefined }],
    ['range=century', { name: 'year' }],
    [
      'from=2026-01-01&to=2026-01-31',
      { name: undefined, from: '2026-01-01T00:00:00.000Z', to: '2026-02-01T00:00:00.000Z' },
    ],
    ['to=2026-12-31', { name: undefined, from: undefined, to: '2027-01-01T00:00:00.000Z' }],
    ['from=nonsense&range=month', { name: 'month' }],
    ['from=', { name: 'year' }],
  ])('%s', (query, expected) => {
    expect(rangeOf(visit(query))).toMatchObject(expected)
  })
})
