import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createKey } from '../../src/ledger/keys/api-keys.ts'
import { eventually } from '../support/eventually.ts'
import { holdLock } from '../support/held-lock.ts'
import { expectProblem } from '../support/problem.ts'
import { openService, type Service } from '../support/service.ts'

let service: Service

beforeAll(async () => {
  service = await openService({ settings: { DATABASE_POOL: '5', READ_POOL: '5', READ_WAIT_MS: '2000' } })
  await service.call('POST', '/v1/accounts', { body: { accountId: 'acme', name: 'Acme Ltd', currency: 'USD' } })
})
afterAll(() => service.close())

const charge = { accountId: 'acme', amount: '1', description: 'Usage', chargedOn: '2026-01-01' }

/** Connections that wait for a lock now, as the owner sees them. */
async function waiting(): Promise<number> {
  const client = new pg.Client({ connectionString: service.database.ownerUrl })
  await client.connect()
  const { rowCount } = await client.query(
    `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  )
  await client.end()
  return rowCount ?? 0
}

test('ten slow lists hold up other lists alone: whoever writes, is authenticated or asks for readiness is served', async () => {
  const lock = await holdLock(service.database.ownerUrl, 'lock table credit in access exclusive mode')
  try {
    const slow = Array.from({ length: 10 }, () => service.call('GET', '/v1/credits', { key: service.keys.read }))
    await eventually(async () => expect(await waiting()).toBe(5))

    expect((await service.call('GET', '/readyz', { key: null })).status).toBe(200)
    // A key that this process has not seen, so that it has to be looked up.
    const { key } = await createKey(service.db, 'new', ['enqueue'])
    for (let n = 0; n < 20; n += 1)
      expect((await service.call('POST', '/v1/charges', { key, body: { charges: [charge] } })).status).toBe(201)
    expect((await service.call('POST', '/v1/charges', { key: 'unknown' })).status).toBe(401)

    const refused = await Promise.any(slow)
    const { detail } = expectProblem(refused, 503, 'database_away')
    expect(detail).toContain('every connection')
    expect(refused.headers['retry-after']).toBe('5')
    expect((await service.call('GET', '/readyz', { key: null })).status).toBe(200)

    await lock.release()
    const statuses = new Set((await Promise.all(slow)).map(({ status }) => status))
    expect(statuses).toEqual(new Set([200, 503]))
  } finally {
    await lock.release()
  }
})

test('nothing can be written on the connections for what is shown', async () => {
  await expect(service.reads.updateTable('account').set({ name: 'x' }).execute()).rejects.toThrow('read-only')
})
