import fastify, { type RouteOptions } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { openConsole } from '../../src/console/console.ts'
import type { PageScope } from '../../src/console/visit.ts'
import { createKey } from '../../src/ledger/keys/api-keys.ts'
import { fingerprint, type Ids, NOBODY, seedService } from '../support/seeded-service.ts'
import { openService, type Service } from '../support/service.ts'

type Route = {
  readonly method: string
  readonly path: string
  /** Undefined for what is open to all. */
  readonly scope: PageScope | undefined
}

/** Every route of the console, as it registers them: a new one is tried here by itself. */
async function routesOf(): Promise<readonly Route[]> {
  const routes: Route[] = []
  const app = fastify({ exposeHeadRoutes: false })
  app.addHook('onRoute', ({ method, url, config }: RouteOptions) => {
    for (const one of [method].flat()) routes.push({ method: one, path: url, scope: config?.pageScope })
  })
  await app.register(openConsole(readConfig({ DATABASE_URL: 'postgres://x@127.0.0.1/x' })))
  await app.close()
  return routes
}

const ROUTES = await routesOf()
const PAGES = ROUTES.filter(({ scope }) => scope !== undefined) as readonly (Route & { readonly scope: PageScope })[]

/** What each key may, by the scopes that it has. Whoever may operate may see pages too. */
const KEYS = { read: ['read'], enqueue: ['read', 'enqueue'], operate: ['operate'], admin: ['read', 'admin'] } as const
const MAY: Readonly<Record<keyof typeof KEYS, readonly PageScope[]>> = {
  read: ['read'],
  enqueue: ['read', 'enqueue'],
  operate: ['read', 'operate'],
  admin: ['read', 'admin'],
}

let service: Service
let ids: Ids
const cookies = new Map<keyof typeof KEYS, string>()

beforeAll(async () => {
  service = await openService()
  ids = await seedService(service)
  for (const [name, scopes] of Object.entries(KEYS) as [keyof typeof KEYS, readonly string[]][]) {
    const { key } = await createKey(service.db, `may ${name}`, scopes)
    const { body } = await service.call<{ token: string }>('POST', '/v1/sessions', { key })
    cookies.set(name, `nightbill=${body.token}`)
  }
})
afterAll(() => service.close())

/** The parameters of addresses, as something that there is. */
const PARAMS: Readonly<Record<string, (ids: Ids) => string | undefined>> = {
  key: () => 'usd',
  accountId: () => 'usd',
  creditId: (ids) => ids.issued,
  invoiceId: (ids) => ids.invoice,
  number: () => '1',
  billRunId: (ids) => ids.finishedRun,
  id: (ids) => ids.finishedRun,
  jobId: (ids) => ids.failedJob,
  name: () => 'nightly',
  keyId: (ids) => ids.key,
  sessionId: () => NOBODY,
}

function addressOf({ path }: Route): string {
  return path.replaceAll(/:(\w+)/g, (_, name: string) => {
    const value = PARAMS[name]?.(ids)
    if (value === undefined) throw new Error(`say above what stands in ${path} for ${name}`)
    return value
  })
}

/** The status of an answer, whose body may be a stream that never ends. */
async function ask(route: Route, headers: Readonly<Record<string, string>>): Promise<Response> {
  const answer = await fetch(new URL(addressOf(route), service.url), {
    method: route.method,
    redirect: 'manual',
    headers: { accept: 'text/html', ...headers },
    ...(route.method === 'POST' ? { body: new URLSearchParams() } : {}),
  })
  await answer.body?.cancel()
  return answer
}

const cookieOf = (name: keyof typeof KEYS) => ({ cookie: cookies.get(name) as string })
const FROM_HERE = { 'sec-fetch-site': 'same-origin' }

test('what is open to all is signing in and out, files, and the page that says that there is none', () => {
  const open = ROUTES.filter(({ scope }) => scope === undefined).map(({ method, path }) => `${method} ${path}`)
  expect(open.toSorted()).toEqual([
    'GET /*',
    'GET /assets/:version/:name',
    'GET /print/:title',
    'GET /sign-in',
    'POST /sign-in',
    'POST /sign-out',
  ])
  expect(PAGES.length).toBeGreaterThan(20)
})

describe.each(PAGES)('$method $path', (route) => {
  const { method, scope } = route

  test('without a session it leads to the sign-in page', async () => {
    const answer = await ask(route, FROM_HERE)
    expect(answer.status).toBe(303)
    expect(answer.headers.get('location')).toMatch(method === 'GET' ? /^\/sign-in\?next=/ : /^\/sign-in$/)
  })

  test.each(Object.keys(KEYS) as (keyof typeof KEYS)[])('a key that may %s', async (name) => {
    const may = MAY[name].includes(scope)
    if (may && method === 'POST') return
    const { status, headers } = await ask(route, { ...cookieOf(name), ...FROM_HERE })
    if (may) expect([200, 303, 404]).toContain(status)
    else expect(status).toBe(403)
    expect(headers.get('cache-control')).toContain('no-store')
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
  })

  const name = (Object.keys(KEYS) as (keyof typeof KEYS)[]).find((one) => MAY[one].includes(scope)) as keyof typeof KEYS
  if (method === 'GET') {
    test('a link from another site, such as from a mail, leads to it', async () => {
      for (const from of [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'none' }, {}])
        expect([200, 303, 404]).toContain((await ask(route, { ...cookieOf(name), ...from })).status)
    })
    return
  }

  test('another site cannot post it, nor can who does not say where it comes from', async () => {
    const before = await fingerprint(service.db)
    for (const from of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
      { origin: 'https://elsewhere.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site', origin: service.url },
      {},
    ])
      expect((await ask(route, { ...cookieOf(name), ...from })).status, JSON.stringify(from)).toBe(403)
    expect(await fingerprint(service.db)).toEqual(before)
  })

  test('a page of this service can, as the browser says in either way', async () => {
    for (const from of [FROM_HERE, { origin: service.url }]) {
      // Signed in anew: a form may end sessions.
      const { key } = await createKey(service.db, 'poster', KEYS[name])
      const { body } = await service.call<{ token: string }>('POST', '/v1/sessions', { key })
      const { status } = await ask(route, { cookie: `nightbill=${body.token}`, ...from })
      expect([200, 201, 303, 400, 404, 409, 422]).toContain(status)
    }
  })
})
