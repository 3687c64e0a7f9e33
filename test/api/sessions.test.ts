import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Me, Page, Session, StartedSession } from '../../src/api/types.ts'
import { type Db, openDb } from '../../src/db/open.ts'
import { createKey, revokeKey } from '../../src/ledger/keys/api-keys.ts'
import { eventually } from '../support/eventually.ts'
import { expectProblem } from '../support/problem.ts'
import { openService, type Service } from '../support/service.ts'

let service: Service
/** The service itself has no right to change when a session began or ends. */
let owner: Db
beforeAll(async () => {
  service = await openService()
  const { ownerUrl: url } = service.database
  owner = openDb({
    url,
    max: 1,
    name: 'owner',
    statementTimeoutMs: 30_000,
    lockTimeoutMs: 20_000,
    onIdleError: () => {},
  })
})
afterAll(async () => {
  await owner.destroy()
  await service.close()
})

const OWN_PAGE = { 'sec-fetch-site': 'same-origin' }

async function signIn(key: string) {
  const { status, body } = await service.call<StartedSession>('POST', '/v1/sessions', { key })
  expect(status).toBe(201)
  const cookie = `nightbill=${body.token}`
  const ask = <Body>(method: string, path: string, headers: Record<string, string> = {}) =>
    service.call<Body>(method, path, { key: null, headers: { cookie, ...headers } })
  return { ...body, cookie, ask }
}

test('a session stands for its key: it may what the key may, and no more', async () => {
  const { ask, sessionId } = await signIn(service.keys.read)
  const me = await ask<Me>('GET', '/v1/me')
  expect(me.body).toMatchObject({ name: 'read', scopes: ['read'], sessionId })
  expect((await ask('GET', '/v1/accounts')).status).toBe(200)
  expectProblem(await ask('GET', '/v1/keys'), 403, 'missing_scope')
})

test('who operates may read', async () => {
  expect((await service.call('GET', '/v1/accounts', { key: service.keys.operate })).status).toBe(200)
})

test('the token is stored nowhere but as a hash', async () => {
  const { token } = await signIn(service.keys.read)
  const { rows } = await sql<{ found: number }>`select count(*)::integer as found from session s
    where s::text like ${`%${token}%`}`.execute(service.db)
  expect(rows[0]?.found).toBe(0)
})

test('a change with a session is taken from an own page only, and silence is not enough', async () => {
  const { ask } = await signIn(service.keys.operate)
  const { body } = await service.call<{ billRunId: string }>('POST', '/v1/bill-runs', { body: { billGroup: 'nobody' } })
  const cancel = (headers: Record<string, string>) => ask('POST', `/v1/bill-runs/${body.billRunId}/cancel`, headers)
  for (const headers of [
    {},
    { 'sec-fetch-site': 'none' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site' },
    { origin: 'https://elsewhere.example' },
    { origin: 'null' },
    // What the browser says of the request counts more than where the page seems to be.
    { 'sec-fetch-site': 'cross-site', origin: service.url },
  ])
    expectProblem(await cancel(headers), 403, 'cross_site_request')
  expect((await cancel(OWN_PAGE)).status).toBe(202)
  expect((await cancel({ origin: service.url })).status).not.toBe(403)
})

test('a session cannot make another, so that it ends when it must', async () => {
  const { ask } = await signIn(service.keys.admin)
  expectProblem(await ask('POST', '/v1/sessions', OWN_PAGE), 401, 'unauthenticated')
})

test('signing out ends the session at once, and no other', async () => {
  const [one, other] = [await signIn(service.keys.read), await signIn(service.keys.read)]
  expect((await one.ask('GET', '/v1/me')).status).toBe(200)
  expect((await one.ask('DELETE', '/v1/sessions/current', OWN_PAGE)).status).toBe(204)
  await eventually(async () => expectProblem(await one.ask('GET', '/v1/me'), 401, 'unauthenticated'))
  expect((await other.ask('GET', '/v1/me')).status).toBe(200)
  expectProblem(await service.call('DELETE', '/v1/sessions/current'), 404, 'session_not_found')
})

test('revoking a key ends its sessions within a second', async () => {
  const { id, key } = await createKey(service.db, 'to be revoked', ['read'])
  const { ask } = await signIn(key)
  expect((await ask('GET', '/v1/me')).status).toBe(200)
  await service.db.transaction().execute((tx) => revokeKey(tx, id))
  await eventually(async () => expectProblem(await ask('GET', '/v1/me'), 401, 'unauthenticated'))
})

test.each([
  [
    'twelve hours after it began',
    sql`expires_at = now() - interval '1 second', created_at = now() - interval '13 hours'`,
  ],
  ['an hour after it was last used', sql`last_seen_at = now() - interval '61 minutes'`],
])('it ends %s', async (_when, change) => {
  const { ask, sessionId } = await signIn(service.keys.read)
  await sql`update session set ${change} where id = ${sessionId}::uuid`.execute(owner)
  await eventually(async () => expectProblem(await ask('GET', '/v1/me'), 401, 'unauthenticated'))
})

test('using it keeps it open', async () => {
  const { ask, sessionId } = await signIn(service.keys.read)
  await sql`update session set last_seen_at = now() - interval '59 minutes' where id = ${sessionId}::uuid`.execute(
    owner,
  )
  expect((await ask('GET', '/v1/me')).status).toBe(200)
  const { body } = await ask<Session>('GET', '/v1/sessions/current')
  expect(Date.now() - Date.parse(body.lastSeenAt)).toBeLessThan(60_000)
})

test('one sees and ends the sessions of the own key; with admin, everybody', async () => {
  const [mine, theirs] = [await signIn(service.keys.read), await signIn(service.keys.enqueue)]
  const listed = async (key: string) =>
    (await service.call<Page<Session>>('GET', '/v1/sessions?limit=500', { key })).body.data.map((one) => one.sessionId)
  expect(await listed(service.keys.read)).toContain(mine.sessionId)
  expect(await listed(service.keys.read)).not.toContain(theirs.sessionId)
  expect(await listed(service.keys.admin)).toEqual(expect.arrayContaining([mine.sessionId, theirs.sessionId]))
  const end = (key: string) => service.call('DELETE', `/v1/sessions/${theirs.sessionId}`, { key })
  expectProblem(await end(service.keys.read), 404, 'session_not_found')
  expect((await end(service.keys.admin)).status).toBe(204)
})
