import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { Schedule, ScheduleTimes } from '../../src/api/types.ts'
import { proposeDueRuns } from '../../src/work/schedules.ts'
import { get } from '../support/expected-answer.ts'
import { TIME, UUID } from '../support/id-and-time.ts'
import { expectProblem } from '../support/problem.ts'
import { openService, type Service } from '../support/service.ts'

const DAY_MS = 86_400_000
const HOURLY = { cron: '0 * * * *', timezone: 'UTC', billGroup: 'nobody' }

let service: Service

beforeAll(async () => {
  service = await openService()
})
afterAll(() => service.close())
afterEach(() => vi.useRealTimers())

const put = async (name: string, body: object = HOURLY) =>
  expect((await service.call('PUT', `/v1/schedules/${name}`, { body })).status).toBe(200)

/** A schedule that has been in force since yesterday, so that it has been due. */
async function inForce(name: string): Promise<void> {
  await put(name)
  const effective_from = new Date(Date.now() - DAY_MS)
  await service.db.updateTable('schedule').set({ effective_from }).where('name', '=', name).execute()
}

/** The dates of the runs that the schedule has proposed, once it is looked at. */
async function proposed(name: string): Promise<readonly string[]> {
  await proposeDueRuns(service.db, service.queues, pino({ level: 'silent' }))
  const runs = await service.db.selectFrom('bill_run').select('bill_date').where('schedule_name', '=', name).execute()
  return runs.map(({ bill_date }) => bill_date)
}

test('a schedule that is set again as it is makes up a run that was missed, once', async () => {
  await inForce('same')
  await put('same')
  expect(await proposed('same')).toHaveLength(1)
  expect(await proposed('same')).toHaveLength(1)
})

test('a schedule that is changed does not make up what the one before it missed', async () => {
  await inForce('changed')
  await put('changed', { ...HOURLY, enabled: false })
  await put('changed')
  expect(await proposed('changed')).toEqual([])
})

test('a machine whose clock is a day ahead proposes no run of tomorrow', async () => {
  await inForce('ahead')
  const today = new Date().toISOString().slice(0, 10)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + DAY_MS })
  expect((await proposed('ahead')).filter((date) => date > today)).toEqual([])
})

test('a schedule says in words when it is due, its next five times, and its last run', async () => {
  await put('nightly', { cron: '0 2 * * 1-5', timezone: 'Europe/London', billGroup: 'nobody' })
  const shown = await get<Schedule>(service, '/v1/schedules/nightly')
  expect(shown).toMatchObject({ name: 'nightly', cronInWords: 'Monday to Friday at 02:00', lastRun: null })
  expect(shown.nextTimes).toHaveLength(5)
  expect(Date.parse(shown.nextTimes[0]?.at as string)).toBeGreaterThan(Date.now())

  await inForce('nightly')
  await put('nightly', { ...HOURLY, enabled: false })
  await put('nightly')
  await inForce('nightly')
  const [date] = await proposed('nightly')
  const after = await get<Schedule>(service, '/v1/schedules/nightly')
  expect(after.lastRun).toEqual({
    billRunId: UUID,
    billDate: date,
    status: 'queued',
    createdAt: TIME,
    finishedAt: null,
  })
  const { body } = await service.call<{ data: readonly Schedule[] }>('GET', '/v1/schedules', { key: service.keys.read })
  expect(body.data.find(({ name }) => name === 'nightly')?.lastRun).toEqual(after.lastRun)
  expectProblem(await service.call('GET', '/v1/schedules/none'), 404, 'schedule_not_found')
})

test('a schedule whose zone is no longer known is listed, without times', async () => {
  await put('elsewhere')
  await service.db.updateTable('schedule').set({ timezone: 'Mars/Olympus' }).where('name', '=', 'elsewhere').execute()
  expect((await get<Schedule>(service, '/v1/schedules/elsewhere')).nextTimes).toEqual([])
  await service.db.deleteFrom('schedule').where('name', '=', 'elsewhere').execute()
})

test('a timing is tried before it is set; one that is wrong is refused as it would be then', async () => {
  const times = (cron: string, timezone: string) =>
    service.call<ScheduleTimes>('GET', `/v1/schedule-times?${new URLSearchParams({ cron, timezone })}`)
  const { body } = await times('0 2 * * *', 'Asia/Tokyo')
  expect(body.cronInWords).toBe('Every day at 02:00')
  expect(body.nextTimes.map(({ at }) => at.slice(11))).toEqual(Array(5).fill('17:00:00.000Z'))
  const problem = expectProblem(await times('0 2 * *', 'UTC'), 422, 'invalid_schedule')
  expect(problem.errors).toEqual([
    { pointer: '/querystring/cron', message: 'must have five fields: minute, hour, day of month, month, day of week' },
  ])
  expectProblem(await times('0 2 * * *', 'Mars/Olympus'), 422, 'invalid_schedule')
})
