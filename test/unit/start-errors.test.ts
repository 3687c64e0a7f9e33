import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import getPort from 'get-port'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { ConfigSchema, readConfig } from '../../src/config.ts'
import { execute, openTestDatabase, type TestDatabase } from '../support/database.ts'
import { startProcess } from '../support/processes.ts'
import { startRedis } from '../support/redis.ts'
import { openServiceDatabase } from '../support/service.ts'

type Ended = { readonly code: number | null; readonly stderr: readonly string[]; readonly stdout: readonly string[] }

/** Starts `nightbill` with arguments and waits until it gives up. */
async function start(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
  const process = startProcess(['src/cli.ts', ...args], { LOG_LEVEL: 'silent', ...env })
  const { code } = await process.exited
  return { code, stderr: process.stderr, stdout: process.stdout }
}

/** Expects exit code 2 and one line on stderr: what is wrong, and what of `mend` to do about it. */
function expectOneLine({ code, stderr, stdout }: Ended, what: RegExp, mend: RegExp): void {
  expect(stderr.join('\n')).toMatch(what)
  // Several processes of `serve` may notice the same thing at the same moment: they say the same.
  expect(new Set(stderr).size).toBe(1)
  expect(stderr[0]).toMatch(/^nightbill: /)
  expect(stderr[0]).toMatch(mend)
  expect(stderr[0]).not.toMatch(/\bat .*:\d+:\d+|node_modules/)
  expect(stdout.join('')).toBe('')
  expect(code).toBe(2)
}

test.each([
  ['DATABASE_URL', 'not a url'],
  ['DATABASE_URL', 'mysql://localhost/nightbill'],
  ['DATABASE_URL', 'postgres://localhost:notaport/nightbill'],
  ['DATABASE_URL', 'postgres://localhost:99999/nightbill'],
  ['REDIS_URL', 'localhost:6379'],
  ['REDIS_URL', 'http://localhost'],
  ['REDIS_URL', 'redis://localhost:notaport'],
  ['REDIS_SENTINELS', 'localhost'],
  ['REDIS_SENTINELS', 'redis://localhost:26379'],
  ['REDIS_SENTINELS', 'one:26379, two:26379'],
  ['NIGHTBILL_URL', 'localhost:3000'],
  ['NIGHTBILL_URL', 'http://localhost:notaport'],
  ['PORT', 'http'],
  ['PORT', '65536'],
  ['PORT', '-1'],
  ['PORT', '80.5'],
  ['BOOTSTRAP_API_KEY', 'short'],
  ['BOOTSTRAP_API_KEY', 'long enough, but not one word'],
  ['LOG_LEVEL', 'loud'],
  ['BILL_BATCH_SIZE', '0'],
  ['QUEUE_PREFIX', 'a b'],
  ['TRUST_PROXY', 'yes'],
  ['TRUST_PROXY', '10.0.0.1,10.0.0.0/33'],
  ['TRUST_PROXY', '10.0.0.999'],
  ['IDEMPOTENCY_HOURS', '23'],
  ['JOB_DAYS', '29'],
])('%s=%s is not taken', (name, value) => {
  expect(() => readConfig({ [name]: value })).toThrow(
    new RegExp(`^${name} is not valid \\(.*\\)\\. See \\.env\\.example$`),
  )
})

test.each([
  [{ REDIS_SENTINELS: 'one:26379' }, /^REDIS_SENTINELS is set and REDIS_URL is not\. See/],
  [{ REDIS_CLUSTER: 'true' }, /^REDIS_CLUSTER is set and REDIS_URL is not\. See/],
  [{ REDIS_URL: 'redis://one', REDIS_CLUSTER: 'true', REDIS_SENTINELS: 'one:26379' }, /are both set/],
])('%j says nothing clear, and is not taken', (settings, why) => {
  expect(() => readConfig(settings)).toThrow(why)
})

test('an empty setting is as good as none', () => {
  expect(readConfig({ PORT: '', DATABASE_URL: '' })).toEqual(readConfig({}))
})

test.each(['loopback', '10.0.0.1, 10.1.0.0/16', '2001:db8::/32', '::1'])('TRUST_PROXY=%s is taken', (value) => {
  expect(readConfig({ TRUST_PROXY: value }).TRUST_PROXY).toBe(value)
})

test.concurrent.each([
  ['api', 'PORT', 'http'],
  ['serve', 'DATABASE_URL', 'localhost'],
  ['migrate', 'REDIS_URL', 'localhost'],
])('nightbill %s with %s=%s', async (command, name, value) => {
  expectOneLine(await start([command], { [name]: value }), new RegExp(`${name} is not valid`), /\.env\.example/)
})

test('everything that is wrong with the settings is told at once', async () => {
  const ended = await start(['api'], { PORT: 'x', DATABASE_URL: 'x', LOG_LEVEL: 'x' })
  for (const name of ['PORT', 'DATABASE_URL', 'LOG_LEVEL'])
    expectOneLine(ended, new RegExp(`${name} is not valid`), /\.env\.example/)
})

test('the api without a database names what starts one', async () => {
  expectOneLine(await start(['api'], {}), /DATABASE_URL is not set/, /nightbill serve/)
})

describe.concurrent('a database', () => {
  let database: TestDatabase
  const settings = () => ({ DATABASE_URL: database.url, PORT: '0' })

  beforeAll(async () => {
    database = await openServiceDatabase()
  })
  afterAll(() => database.drop())

  test.each(['api', 'serve', 'migrate'])('%s: that nobody serves', async (command) => {
    const port = await getPort({ host: '127.0.0.1' })
    const url = Object.assign(new URL(database.url), { hostname: '127.0.0.1', port: String(port) }).href
    const nowhere = { DATABASE_URL: url, OWNER_DATABASE_URL: url }
    expectOneLine(await start([command], { ...settings(), ...nowhere }), /ECONNREFUSED/, /check DATABASE_URL/)
  })

  test('that does not exist', async () => {
    const url = Object.assign(new URL(database.url), { pathname: '/no_such_database' }).href
    expectOneLine(
      await start(['api'], { ...settings(), DATABASE_URL: url }),
      /no_such_database/,
      /create the database first/,
    )
  })

  test('that was never migrated', async () => {
    await execute(inject('postgresUrl'), 'create database never_migrated')
    const url = Object.assign(new URL(database.url), { pathname: '/never_migrated' }).href
    expectOneLine(
      await start(['api'], { ...settings(), DATABASE_URL: url }),
      /the database lacks 0001-ledger/,
      /nightbill migrate/,
    )
  })

  test('api: as a superuser', async () => {
    const ended = await start(['api'], { ...settings(), DATABASE_URL: database.ownerUrl })
    expectOneLine(ended, /the login \w+ of DATABASE_URL is a superuser/, /OWNER_DATABASE_URL.*nightbill migrate/)
  })

  test('serve: as its owner, also for the service', async () => {
    const same = { DATABASE_URL: database.ownerUrl, OWNER_DATABASE_URL: database.ownerUrl }
    expectOneLine(await start(['serve'], { ...settings(), ...same }), /a login of its own/, /nightbill migrate/)
  })

  test('migrate: of which only the login of the service is known', async () => {
    expectOneLine(
      await start(['migrate'], settings()),
      /OWNER_DATABASE_URL is not set/,
      /set it to the database with the login of its owner/,
    )
  })

  test.each(['serve', 'migrate', 'api'])('%s: that is ahead of the code', async (command) => {
    const ahead = await openTestDatabase()
    try {
      await execute(
        ahead.ownerUrl,
        "insert into schema_migration (name, timestamp) values ('9999-from-the-future', now()::text)",
      )
      const there = { DATABASE_URL: ahead.url, OWNER_DATABASE_URL: ahead.ownerUrl }
      const ended = await start([command], { ...settings(), ...there })
      expectOneLine(ended, /ahead of this code .*9999-from-the-future/, /run the newer version/)
    } finally {
      await ahead.drop()
    }
  })

  test.each(['api', 'serve'])('%s: on a port that is in use', async (command) => {
    const holder = createServer()
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
    const { port } = holder.address() as AddressInfo
    try {
      const ended = await start([command], { ...settings(), PORT: String(port) })
      expectOneLine(ended, new RegExp(`EADDRINUSE.*${port}`), /set PORT to another/)
    } finally {
      holder.close()
    }
  })

  test.skipIf(!inject('redisUrl')).each(['api', 'serve'])('%s: with a Redis that evicts keys', async (command) => {
    const redis = await startRedis({ args: ['--maxmemory', '64mb', '--maxmemory-policy', 'allkeys-lru'] })
    try {
      const ended = await start([command], { ...settings(), REDIS_URL: redis.url })
      expectOneLine(ended, /maxmemory-policy is allkeys-lru/, /Set it to noeviction/)
    } finally {
      await redis.stop()
    }
  })

  test('with a Redis that nobody serves', async () => {
    const url = `redis://127.0.0.1:${await getPort({ host: '127.0.0.1' })}`
    expectOneLine(
      await start(['api'], { ...settings(), REDIS_URL: url }),
      /cannot reach the Redis of REDIS_URL at 127\.0\.0\.1/,
      /check the address/,
    )
  })
})

test('.env.example names every setting, with its default', async () => {
  const text = await readFile(join(import.meta.dirname, '../../.env.example'), 'utf8')
  const settings = text.split('\n').flatMap((line, index, lines) => {
    const [, off, name, value] = line.match(/^(# )?([A-Z][A-Z_]+)=(.*)$/) ?? []
    return name === undefined ? [] : [{ name, value: off ? undefined : value, comment: lines[index - 1] }]
  })
  const expected = Object.entries(ConfigSchema.properties).map(([name, schema]) => ({
    name,
    value: 'default' in schema ? String(schema.default) : undefined,
    comment: `# ${'description' in schema ? schema.description : ''}.`,
  }))
  expect(settings).toEqual(expected)
})
