import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Db, openDb } from '../../src/db/open.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { createKey, revokeKey, SCOPES } from '../../src/ledger/keys/api-keys.ts'
import { keepBootstrapKey, makeFirstKey } from '../../src/ledger/keys/first-keys.ts'
import { execute, type TestDatabase } from '../support/database.ts'
import { startProcess, type TestProcess } from '../support/processes.ts'
import { caller, openServiceDatabase } from '../support/service.ts'

const BOOTSTRAP = 'bootstrap-key-of-this-test'

let database: TestDatabase
let db: Db

beforeEach(async () => {
  database = await openServiceDatabase()
  db = openDb({
    url: database.url,
    max: 3,
    name: 'first keys',
    statementTimeoutMs: 30_000,
    lockTimeoutMs: 10_000,
    onIdleError: () => {},
  })
})
afterEach(async () => {
  await db.destroy()
  await database.drop()
})

/** Starts the API; it is to be ended by the test. */
async function startApi(settings: Readonly<Record<string, string>> = {}) {
  const api = startProcess(['src/cli.ts', 'api'], { DATABASE_URL: database.url, PORT: '0', ...settings })
  const url = (await api.waitFor(/Nightbill serves at/)).replace(/.* at /, '').trim()
  await api.waitFor(/Try:/)
  const status = async (key: string) => (await caller(url)('GET', '/v1/accounts', { key })).status
  return { api, status, shown: shownBy(api) }
}

const shownBy = ({ stdout }: TestProcess) =>
  stdout.flatMap((line) => line.match(/API key \(shown this once\): (\S+)/)?.[1] ?? [])

async function end(api: TestProcess): Promise<void> {
  api.signal('SIGTERM')
  await api.exited
}

const keysKept = async () =>
  (await sql<{ n: number }>`select count(*)::integer as n from api_key`.execute(db)).rows[0]?.n

describe('the first key', () => {
  test('is not lost when the port is taken: the next start shows one, and only that one', async () => {
    const holder = createServer()
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
    const { port } = holder.address() as AddressInfo
    const failed = startProcess(['src/cli.ts', 'api'], { DATABASE_URL: database.url, PORT: String(port) })
    expect((await failed.exited).code).toBe(2)
    holder.close()
    expect([shownBy(failed), await keysKept()]).toEqual([[], 0])

    const { api, status, shown } = await startApi()
    expect(shown).toHaveLength(1)
    expect(await status(shown[0] as string)).toBe(200)
    const second = await startApi()
    expect(second.shown).toEqual([])
    await Promise.all([end(api), end(second.api)])
  })

  test('is shown before it is kept, and not kept when it cannot be shown', async () => {
    const shown: string[] = []
    const make = (show: (key: string) => void) => inTransaction(db, (tx) => makeFirstKey(tx, show))
    await expect(
      make(() => {
        throw new Error('EPIPE')
      }),
    ).rejects.toThrow('EPIPE')
    expect(await keysKept()).toBe(0)
    expect(await make((key) => shown.push(key))).toBe(true)
    expect([shown.length, await keysKept()]).toEqual([1, 1])
    expect(await make((key) => shown.push(key))).toBe(false)
    expect([shown.length, await keysKept()]).toEqual([1, 1])
  })

  test('is made by one of many that start at the same moment', async () => {
    const shown: string[] = []
    const makers = Array.from({ length: 8 }, () =>
      inTransaction(db, (tx) => makeFirstKey(tx, (key) => shown.push(key))),
    )
    expect((await Promise.all(makers)).filter(Boolean)).toHaveLength(1)
    expect(shown).toHaveLength(1)
  })

  test.each([
    ['revoked', null],
    ['expired', new Date(Date.now() - 1_000)],
  ])('is made again when all keys are %s', async (what, expiresAt) => {
    const { id } = await createKey(db, 'a', SCOPES, expiresAt)
    if (what === 'revoked') await inTransaction(db, (tx) => revokeKey(tx, id))
    const shown: string[] = []
    expect(await inTransaction(db, (tx) => makeFirstKey(tx, (key) => shown.push(key)))).toBe(true)
    expect(shown).toHaveLength(1)
  })
})

describe('the key of BOOTSTRAP_API_KEY', () => {
  const keep = (key = BOOTSTRAP) => inTransaction(db, (tx) => keepBootstrapKey(tx, key))

  test('is kept once, and revoked when it is another', async () => {
    for (let index = 0; index < 2; index += 1) expect(await keep()).toEqual({ inForce: true, scopes: SCOPES })
    expect(await keep('another-key-of-this-test')).toEqual({ inForce: true, scopes: SCOPES })
    // A process that still names the first leaves the second alone.
    expect(await keep()).toMatchObject({ inForce: false })
    expect(await keep('another-key-of-this-test')).toMatchObject({ inForce: true })
    expect(await keysKept()).toBe(2)
  })

  test('stays revoked: the service starts without it, says so, and shows a key when there is no other', async () => {
    await keep()
    await execute(database.ownerUrl, 'update api_key set revoked_at = now()')
    const { api, status, shown } = await startApi({ BOOTSTRAP_API_KEY: BOOTSTRAP })
    const line = JSON.parse(await api.waitFor(/BOOTSTRAP_API_KEY/))
    expect(line).toMatchObject({ level: 40, msg: expect.stringContaining('revoked') })
    expect(await status(BOOTSTRAP)).toBe(401)
    expect(shown).toHaveLength(1)
    expect(await status(shown[0] as string)).toBe(200)
    await end(api)
  })

  test('that was made with fewer scopes keeps them', async () => {
    const { key } = await createKey(db, 'reader', ['read'])
    expect(await keep(key)).toEqual({ inForce: true, scopes: ['read'] })
    const { rows } = await sql<{ scopes: string[] }>`select scopes from api_key`.execute(db)
    expect(rows).toEqual([{ scopes: ['read'] }])
  })
})
