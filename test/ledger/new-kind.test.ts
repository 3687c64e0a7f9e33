import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../src/db/new-id.ts'
import { settleJobs } from '../../src/ledger/requests/settle-jobs.ts'
import { openLog } from '../../src/open-log.ts'
import { openMetrics } from '../../src/ops/metrics.ts'
import { openBackend } from '../../src/queue/backend.ts'
import { preparePostgresQueues } from '../../src/queue/postgres.ts'
import { openQueues } from '../../src/queue/queues.ts'
import type { Kind } from '../../src/work/kind.ts'
import { KINDS } from '../../src/work/kinds.ts'
import { type RequestScript, requestKind } from '../../src/work/process-requests.ts'
import { relayOnce } from '../../src/work/relay.ts'
import { startWork } from '../../src/work/start-work.ts'
import { eventually } from '../support/eventually.ts'
import { openService, type Service } from '../support/service.ts'

let service: Service
beforeAll(async () => {
  service = await openService()
})
afterAll(() => service.close())

/** The script of a kind of work that there is in this test alone. */
const rename: RequestScript = async (tx, jobIds) => {
  await sql`
    update account set name = job.request->>'name' from job
    where job.id = any(${jobIds}::uuid[]) and job.status = 'queued' and account.id = job.account_id`.execute(tx)
  await settleJobs(
    tx,
    jobIds.map((id) => ({ id, refusal: undefined, result: {} })),
  )
}

test('a new kind of work is one row and its script: worker, relay and metrics know it, and without the row nobody does', async () => {
  const kinds: readonly Kind[] = [...KINDS, requestKind('rename', rename)]
  const { call, db, database, context } = service
  await call('POST', '/v1/accounts', { body: { accountId: 'acme', name: 'Before', currency: 'USD' } })
  await preparePostgresQueues(database.ownerUrl, ['rename'])
  const backend = await openBackend({
    databaseUrl: database.url,
    redisUrl: undefined,
    prefix: 'test',
    onError: () => {},
  })
  const queues = await openQueues(backend, kinds)
  const log = openLog('test', 'silent')

  const { rows } = await sql<{ id: string }>`
    insert into job (id, type, account_id, request, api_key_id, request_id, woken_at)
    select ${newId()}::uuid, 'rename', account.id, '{"name": "After"}', api_key.id, 'test', '-infinity' from account, api_key limit 1
    returning id`.execute(db)
  const jobId = rows[0]?.id as string
  const relay = { db, backend, queues, log, afterMs: 0 }
  await relayOnce(relay, KINDS)
  expect(await queues.of('rename').getWaitingCount()).toBe(0)
  expect(await openMetrics(db, queues, kinds).read()).toContain('nightbill_to_be_done{kind="rename"} 1')

  await relayOnce(relay, kinds)
  const stop = await startWork({ ...context, databaseUrl: database.url, backend, queues, log }, ['rename'], kinds)
  await eventually(async () =>
    expect((await call('GET', `/v1/jobs/${jobId}`)).body).toMatchObject({ type: 'rename', status: 'done' }),
  )
  expect((await call('GET', '/v1/accounts/acme')).body).toMatchObject({ name: 'After' })
  expect(await openMetrics(db, queues, kinds).read()).toContain('nightbill_to_be_done{kind="rename"} 0')
  expect(await openMetrics(db, service.queues).read()).not.toContain('rename')
  await stop()
  await queues.close()
  await backend.close()
})
