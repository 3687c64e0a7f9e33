import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { proposeDueRuns } from '../../src/work/schedules.ts'
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
