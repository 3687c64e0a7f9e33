import { randomUUID } from 'node:crypto'
import { expect, inject, test } from 'vitest'
import { openBackend, prepareBackend } from '../../src/queue/backend.ts'
import { execute, openTestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'

test('a login that is only a member of the role of the service can use the queue in Postgres', async () => {
  const database = await openTestDatabase()
  await prepareBackend({ databaseUrl: database.url, redisUrl: undefined })
  const login = `login_${randomUUID().slice(0, 8)}`
  await execute(database.url, `create role ${login} login password 'secret' in role nightbill_service`)
  const databaseUrl = Object.assign(new URL(database.url), { username: login, password: 'secret' }).href
  const backend = await openBackend({ databaseUrl, redisUrl: undefined, prefix: 'test', onError: () => {} })
  const done: (string | undefined)[] = []
  const worker = await backend.openWorker('things', async ({ id }) => void done.push(id), { concurrency: 1 })
  const queue = await backend.openQueue('things')
  await queue.add('thing', {}, { jobId: 'alone', removeOnComplete: true })
  await queue.addBulk([{ name: 'thing', data: {}, opts: { jobId: 'in bulk' } }])
  await eventually(() => expect(done.toSorted()).toEqual(['alone', 'in bulk']))
  expect(await queue.getWaitingCount()).toBe(0)
  await worker.close()
  await queue.close()
  await backend.close()
  await database.drop()
  await execute(inject('postgresUrl'), `drop role ${login}`)
})
