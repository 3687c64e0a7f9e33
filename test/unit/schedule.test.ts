import { describe, expect, test } from 'vitest'
import { dateIn, lastDue, nextDue, nextTimes, whyInvalid } from '../../src/cron.ts'

describe('a valid schedule', () => {
  test.each([
    ['0 2 * * *', 'UTC'],
    ['30 2 * * *', 'Europe/London'],
    ['*/15 * * * *', 'America/New_York'],
    ['0 2 * * MON-FRI', 'Asia/Kathmandu'],
    ['0 2 31 * *', 'UTC'],
    ['0 2 29 2 *', 'UTC'],
    ['0 2 * * 7', 'UTC'],
    ['  0  2  *  *  *  ', 'UTC'],
  ])('%j in %s', (cron, timezone) => {
    expect(whyInvalid({ cron, timezone })).toBeUndefined()
  })
})

describe('what is wrong with a schedule, and where', () => {
  test.each([
    ['0 0 2 * * *', 'UTC', 'cron'], // six fields: it would run every second of two o'clock, read as five it would not
    ['0 2 * *', 'UTC', 'cron'],
    ['', 'UTC', 'cron'],
    ['@daily', 'UTC', 'cron'],
    ['60 2 * * *', 'UTC', 'cron'],
    ['0 24 * * *', 'UTC', 'cron'],
    ['0 2 32 * *', 'UTC', 'cron'],
    ['0 2 0 * *', 'UTC', 'cron'],
    ['0 2 * 13 *', 'UTC', 'cron'],
    ['0 2 * * 8', 'UTC', 'cron'],
    ['-1 2 * * *', 'UTC', 'cron'],
    ['5-1 2 * * *', 'UTC', 'cron'],
    ['*/0 2 * * *', 'UTC', 'cron'],
    ['a b c d e', 'UTC', 'cron'],
    ['0 2 30 2 *', 'UTC', 'cron'], // no such day, ever
    ['0 2 31 4,6 *', 'UTC', 'cron'],
    ['0 2 * * *', 'Mars/Olympus', 'timezone'],
    ['0 2 * * *', 'Europe/Lundon', 'timezone'],
    ['0 2 * * *', '', 'timezone'],
    ['0 0 2 * * *', 'Mars/Olympus', 'timezone'],
  ])('%j in %j: the %s', (cron, timezone, field) => {
    const reason = whyInvalid({ cron, timezone })
    expect(reason?.field).toBe(field)
    expect(reason?.message).toMatch(/\w{3}/)
  })

  test('an unknown zone is named, with an example of one that is known', () => {
    expect(whyInvalid({ cron: '0 2 * * *', timezone: 'Mars/Olympus' })?.message).toBe(
      'Mars/Olympus is not an IANA time zone such as Europe/London',
    )
  })
})

describe('when it was last due', () => {
  test.each([
    ['at the moment itself', '0 2 * * *', 'UTC', '2026-04-30T02:00:00.000Z', '2026-04-30T02:00:00.000Z'],
    ['a millisecond before', '0 2 * * *', 'UTC', '2026-04-30T01:59:59.999Z', '2026-04-29T02:00:00.000Z'],
    ['a millisecond after', '0 2 * * *', 'UTC', '2026-04-30T02:00:00.001Z', '2026-04-30T02:00:00.000Z'],
    ['after a week of sleep, once', '0 2 * * *', 'UTC', '2026-05-07T12:00:00Z', '2026-05-07T02:00:00.000Z'],
    ['in summer', '0 2 * * *', 'Europe/London', '2026-07-01T12:00:00Z', '2026-07-01T01:00:00.000Z'],
    ['in winter', '0 2 * * *', 'Europe/London', '2026-01-15T12:00:00Z', '2026-01-15T02:00:00.000Z'],
    ['a zone off the hour', '30 23 * * *', 'Asia/Kathmandu', '2026-04-30T12:00:00Z', '2026-04-29T17:45:00.000Z'],
    ['day 31 passes over short months', '0 0 31 * *', 'UTC', '2026-07-15T00:00:00Z', '2026-05-31T00:00:00.000Z'],
    ['eight years may lie between', '0 0 29 2 *', 'UTC', '2104-02-28T12:00:00Z', '2096-02-29T00:00:00.000Z'],
    ['29 February passes over short years', '0 0 29 2 *', 'UTC', '2026-04-30T12:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['over new year', '0 2 1 1 *', 'UTC', '2026-12-31T23:59:59Z', '2026-01-01T02:00:00.000Z'],
    [
      'the day before a day of 23 hours',
      '30 2 * * *',
      'America/New_York',
      '2026-03-08T06:59:59Z',
      '2026-03-07T07:30:00.000Z',
    ],
    [
      'a day of 23 hours, before it is due',
      '30 2 * * *',
      'America/New_York',
      '2026-03-08T07:29:59Z',
      '2026-03-07T07:30:00.000Z',
    ],
    // 02:30 is not on that day's clock: it is due at 03:30, and not left out.
    ['a day of 23 hours', '30 2 * * *', 'America/New_York', '2026-03-08T07:30:00Z', '2026-03-08T07:30:00.000Z'],
    ['a day of 23 hours, later', '30 2 * * *', 'America/New_York', '2026-03-08T20:00:00Z', '2026-03-08T07:30:00.000Z'],
    ['a day of 23 hours elsewhere', '30 2 * * *', 'Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-29T01:30:00.000Z'],
    [
      'the day after a day of 23 hours',
      '30 2 * * *',
      'America/New_York',
      '2026-03-09T12:00:00Z',
      '2026-03-09T06:30:00.000Z',
    ],
    [
      'a day of 25 hours, the first time',
      '30 1 * * *',
      'America/New_York',
      '2026-11-01T05:30:00Z',
      '2026-11-01T05:30:00.000Z',
    ],
    ['a day of 25 hours, before', '30 1 * * *', 'America/New_York', '2026-11-01T05:29:59Z', '2026-10-31T05:30:00.000Z'],
    [
      'the day after a day of 25 hours',
      '30 1 * * *',
      'America/New_York',
      '2026-11-02T12:00:00Z',
      '2026-11-02T06:30:00.000Z',
    ],
  ])('%s', (_, cron, timezone, now, expected) => {
    expect(lastDue({ cron, timezone }, new Date(now))?.toISOString()).toBe(expected)
  })

  test.each([
    ['30 2 * * *', 'America/New_York', '2026-03-06', 5],
    ['30 1 * * *', 'America/New_York', '2026-10-30', 5],
    ['30 2 * * *', 'Europe/Berlin', '2026-03-27', 5],
    ['30 2 * * *', 'Europe/Berlin', '2026-10-23', 5],
    ['0 0 * * *', 'Africa/Cairo', '2026-04-21', 5], // midnight itself is left out on 24 April
    ['30 0 * * *', 'America/Santiago', '2026-09-03', 5],
    ['15 0 * * *', 'Australia/Lord_Howe', '2026-04-03', 5],
  ])('%s in %s: one business date for each day from %s, looked at every ten minutes', (cron, timezone, from, days) => {
    const start = Date.parse(`${from}T12:00:00Z`)
    const dates = new Set<string>()
    for (let at = start; at < start + days * 86_400_000; at += 600_000) {
      dates.add(dateIn(timezone, lastDue({ cron, timezone }, new Date(at)) as Date))
    }
    const seen = [...dates]
    expect(seen).toEqual(seen.toSorted())
    const first = Date.parse(`${seen[0]}T00:00:00Z`)
    expect(seen).toEqual(seen.map((_, index) => new Date(first + index * 86_400_000).toISOString().slice(0, 10)))
    expect(seen.length).toBeGreaterThanOrEqual(days)
  })
})

describe('when it is due next', () => {
  test.each([
    ['not at the moment itself', '0 2 * * *', 'UTC', '2026-04-30T02:00:00.000Z', '2026-05-01T02:00:00.000Z'],
    ['a millisecond before', '0 2 * * *', 'UTC', '2026-04-30T01:59:59.999Z', '2026-04-30T02:00:00.000Z'],
    ['in summer', '0 2 * * *', 'Europe/London', '2026-07-01T12:00:00Z', '2026-07-02T01:00:00.000Z'],
    ['a day of 23 hours', '30 2 * * *', 'America/New_York', '2026-03-08T06:59:59Z', '2026-03-08T07:30:00.000Z'],
    ['eight years may lie between', '0 0 29 2 *', 'UTC', '2096-02-29T00:00:00Z', '2104-02-29T00:00:00.000Z'],
  ])('%s', (_, cron, timezone, now, expected) => {
    expect(nextDue({ cron, timezone }, new Date(now)).toISOString()).toBe(expected)
  })
})

describe('the date of a moment in a zone', () => {
  test.each([
    ['UTC', '2026-01-31T23:59:59.999Z', '2026-01-31'],
    ['UTC', '2026-02-01T00:00:00Z', '2026-02-01'],
    ['Pacific/Auckland', '2026-01-31T12:00:00Z', '2026-02-01'],
    ['Pacific/Kiritimati', '2026-01-31T10:00:00Z', '2026-02-01'],
    ['America/New_York', '2026-03-01T04:59:59Z', '2026-02-28'],
    ['America/New_York', '2026-03-01T05:00:00Z', '2026-03-01'],
    ['America/New_York', '2026-03-08T07:30:00Z', '2026-03-08'],
    ['America/New_York', '2026-11-01T05:30:00Z', '2026-11-01'],
    ['America/New_York', '2026-11-01T06:30:00Z', '2026-11-01'],
    ['Asia/Kathmandu', '2026-04-29T18:15:00Z', '2026-04-30'],
    ['Europe/London', '2024-02-29T12:00:00Z', '2024-02-29'],
  ])('in %s, %s is %s', (timezone, moment, expected) => {
    expect(dateIn(timezone, new Date(moment))).toBe(expected)
  })
})

describe('the next times', () => {
  const next = (cron: string, timezone: string, now: string, count = 2) =>
    nextTimes({ cron, timezone }, new Date(now), count).map(({ at, ...time }) => ({ at: at.toISOString(), ...time }))

  test('are after now, each with the business date in the zone', () => {
    expect(next('30 23 * * *', 'America/New_York', '2026-07-02T03:30:00Z')).toEqual([
      { at: '2026-07-03T03:30:00.000Z', billDate: '2026-07-02', clockChange: null },
      { at: '2026-07-04T03:30:00.000Z', billDate: '2026-07-03', clockChange: null },
    ])
  })

  test.each([
    [
      'a time of day that is skipped is moved',
      '30 1 * * *',
      'Europe/London',
      '2027-03-27T12:00:00Z',
      '2027-03-28T01:30:00.000Z',
      'forward',
    ],
    [
      'after the hour that is skipped',
      '0 5 * * *',
      'Europe/London',
      '2027-03-27T12:00:00Z',
      '2027-03-28T04:00:00.000Z',
      'forward',
    ],
    [
      'a time of day that comes twice is due once',
      '30 1 * * *',
      'Europe/London',
      '2027-10-30T12:00:00Z',
      '2027-10-31T00:30:00.000Z',
      'back',
    ],
    [
      'late on a day of 25 hours',
      '30 23 * * *',
      'Europe/London',
      '2027-10-31T12:00:00Z',
      '2027-10-31T23:30:00.000Z',
      'back',
    ],
    [
      'at midnight of a day of 23 hours',
      '0 0 * * *',
      'Europe/London',
      '2027-03-27T12:00:00Z',
      '2027-03-28T00:00:00.000Z',
      'forward',
    ],
  ])('are marked when the clocks are changed on that date: %s', (_, cron, timezone, now, at, clockChange) => {
    const [first, second] = next(cron, timezone, now)
    expect(first).toMatchObject({ at, clockChange })
    expect(second?.clockChange).toBeNull()
  })

  test('are those that can be computed: the parser gives up at a change of clocks by half an hour', () => {
    const [first] = next('0 12 * * *', 'Australia/Lord_Howe', '2027-04-02T12:00:00Z', 5)
    expect(first).toEqual({ at: '2027-04-03T01:00:00.000Z', billDate: '2027-04-03', clockChange: null })
    expect(next('0 12 * * *', 'Mars/Olympus', '2027-04-02T12:00:00Z')).toEqual([])
  })
})
