import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildApi } from '../../src/api/server.ts'
import { createKey, revokeKey, SCOPES } from '../../src/ledger/keys/api-keys.ts'
import { captureLog } from '../support/captured-log.ts'
import { EVERY_CALL, type KnownCall } from '../support/every-call.ts'
import { expectProblem } from '../support/problem.ts'
import { fill, NOBODY } from '../support/seeded-service.ts'
import { openService, type Scope, type Service } from '../support/service.ts'

let service: Service
const bad: Record<string, string> = {}

beforeAll(async () => {
  service = await openService()
  const { db } = service
  const revoked = await createKey(db, 'revoked', SCOPES)
  await db.transaction().execute((tx) => revokeKey(tx, revoked.id))
  const expired = await createKey(db, 'expired', SCOPES, new Date(Date.now() - 1_000))
  const known = service.keys.admin
  Object.assign(bad, {
    unknown: `Bearer nb_${'x'.repeat(43)}`,
    revoked: `Bearer ${revoked.key}`,
    expired: `Bearer ${expired.key}`,
    'of another scheme': `Token ${known}`,
    'of no scheme': known,
    empty: 'Bearer ',
    'of two words': `Bearer ${known} ${known}`,
    'cut short': `Bearer ${known.slice(0, -1)}`,
    'with something after it': `Bearer ${known}x`,
    'as a password': `Basic ${Buffer.from(`anybody:${known}`).toString('base64')}`,
    'as the user name and not as the password': `Basic ${Buffer.from(`${known}:`).toString('base64')}`,
  })
})
afterAll(() => service.close())

/** An address of the right form of something that there is not, and a body that nothing comes of. */
const ask = ({ method, path, body }: KnownCall, options: { key: string | null; headers?: Record<string, string> }) =>
  service.call(
    method,
    fill(path, {
      creditId: NOBODY,
      jobId: NOBODY,
      billRunId: NOBODY,
      invoiceId: NOBODY,
      keyId: NOBODY,
      sessionId: NOBODY,
      accountId: 'x',
      name: 'x',
    }),
    { ...options, ...(body ? { body: { notAField: 1 } } : {}) },
  )

/** Whether a key with this scope alone may make the call. Who operates may read. */
const opens = (scope: Scope, call: KnownCall) =>
  call.scope === 'any' || call.scope === scope || (call.scope === 'read' && scope === 'operate')

test('every call that the service describes is in the table, and no other', async () => {
  const { body } = await service.call<{ paths: Record<string, Record<string, object>> }>('GET', '/openapi.json', {
    key: null,
  })
  const described = Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const open = ['GET /healthz', 'GET /readyz', 'GET /metrics']
  expect(described.toSorted()).toEqual(
    [...EVERY_CALL.map(({ method, path }) => `${method} ${path}`), ...open].toSorted(),
  )
})

test('every address under /v1 that the app routes is described', async () => {
  const { body } = await service.call<{ paths: Record<string, object> }>('GET', '/openapi.json', { key: null })
  const routed = pathsOf(service.api.printRoutes({ commonPrefix: false })).filter((path) => path.startsWith('/v1/'))
  const described = Object.keys(body.paths).filter((path) => path.startsWith('/v1/'))
  expect(routed.toSorted()).toEqual(described.toSorted())
})

describe.each(EVERY_CALL)('$method $path', (call) => {
  test('no key is refused', async () => {
    const answer = await ask(call, { key: null })
    expectProblem(answer, 401, 'unauthenticated')
    expect(answer.headers['www-authenticate']).toBe('Bearer')
  })

  test.each(SCOPES.filter((scope) => !opens(scope, call)))('the scope %s does not open it', async (scope: Scope) => {
    const { detail } = expectProblem(await ask(call, { key: service.keys[scope] }), 403, 'missing_scope')
    expect(detail).toContain(call.scope)
  })

  test.each(SCOPES.filter((scope) => opens(scope, call)))('the scope %s alone opens it', async (scope) => {
    const { status } = await ask(call, { key: service.keys[scope] })
    expect([200, 201, 400, 404]).toContain(status)
  })

  test('a key that is unknown, revoked, expired or malformed is refused, each with the very same bytes', async () => {
    const answers = await Promise.all(
      Object.values(bad).map((authorization) => ask(call, { key: null, headers: { authorization } })),
    )
    const same = answers.map(({ status, headers: { date, 'x-request-id': id, ...headers }, text }) => ({
      status,
      headers,
      text,
    }))
    expectProblem(answers[0] as (typeof answers)[0], 401, 'unauthenticated')
    for (const answer of same) expect(answer).toEqual(same[0])
  })
})

test('a HEAD of what GET reads needs the same scope', async () => {
  expect((await service.call('HEAD', '/v1/accounts', { key: null })).status).toBe(401)
  expect((await service.call('HEAD', '/v1/accounts', { key: service.keys.enqueue })).status).toBe(403)
  expect((await service.call('HEAD', '/v1/accounts', { key: service.keys.read })).status).toBe(200)
})

test('/healthz, /readyz and /metrics need no key', async () => {
  for (const path of ['/healthz', '/readyz', '/metrics']) {
    expect((await service.call('GET', path, { key: null })).status, path).toBe(200)
  }
})

test('a service with a route that declares neither a scope nor that it is public does not start', async () => {
  const { context } = service
  const build = async (config: object) => {
    const api = await buildApi(context, captureLog().log)
    api.get('/v1/forgotten', { config }, async () => 'secret')
    try {
      await api.ready()
    } finally {
      await api.close()
    }
  }
  await expect(build({})).rejects.toThrow('GET /v1/forgotten, HEAD /v1/forgotten')
  await build({ scope: 'read' })
  await build({ isPublic: true })
})

test('the scheme is taken in any case', async () => {
  const key = service.keys.read
  for (const authorization of [`bearer ${key}`, `BEARER ${key}`]) {
    expect((await service.call('GET', '/v1/accounts', { key: null, headers: { authorization } })).status).toBe(200)
  }
})

test('a key that was in use is refused within two seconds of being revoked', async () => {
  const { body } = await service.call<{ keyId: string; key: string }>('POST', '/v1/keys', {
    body: { name: 'short', scopes: ['read'] },
  })
  expect((await service.call('GET', '/v1/accounts', { key: body.key })).status).toBe(200)
  expect((await service.call('DELETE', `/v1/keys/${body.keyId}`)).status).toBe(204)
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  expectProblem(await service.call('GET', '/v1/accounts', { key: body.key }), 401, 'unauthenticated')
})

test('a key is kept as a hash alone', async () => {
  const { rows } = await sql<{ kept: string }>`select api_key::text as kept from api_key`.execute(service.db)
  expect(rows.length).toBeGreaterThan(5)
  for (const { kept } of rows) for (const key of Object.values(service.keys)) expect(kept).not.toContain(key.slice(3))
})

/** The paths in the tree that Fastify prints of its routes: four columns for each level, methods in parentheses. */
function pathsOf(tree: string): readonly string[] {
  const above: string[] = []
  return tree.split('\n').flatMap((line) => {
    const [, indent = '', segment = ''] = line.match(/^(.*?)[├└]── (\S+)/) ?? []
    if (segment === '') return []
    above.splice(indent.length / 4, above.length, segment)
    return [above.join('').replaceAll(/:(\w+)/g, '{$1}')]
  })
}
