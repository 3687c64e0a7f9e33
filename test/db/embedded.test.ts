import { chmod, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startEmbeddedPostgres } from '../../src/embedded-postgres/start.ts'
import { makeDataFolder, removeDataFolder } from '../support/data-folder.ts'
import { query, runs } from '../support/one-query.ts'
import { startProcess } from '../support/processes.ts'

const settings = { fsync: 'off', shared_buffers: '16MB' }
const isRoot = process.getuid?.() === 0
const CHILD = 'test/db/embedded-child.ts'

let dataDir: string
beforeEach(async () => {
  dataDir = await makeDataFolder()
})
afterEach(() => removeDataFolder(dataDir))

describe('embedded Postgres', () => {
  test('starts, and keeps its data and its password between starts', async () => {
    const first = await startEmbeddedPostgres({ dataDir, settings })
    await query(first.ownerUrl, 'create table kept as select 42 as answer')
    await first.stop()
    expect(runs(first.pid)).toBe(false)

    const second = await startEmbeddedPostgres({ dataDir, settings })
    try {
      expect(await query(second.ownerUrl, 'select answer from kept')).toEqual([{ answer: 42 }])
      expect(new URL(second.ownerUrl).password).toBe(new URL(first.ownerUrl).password)
    } finally {
      await second.stop()
      await second.stop()
    }
  })

  test('listens on loopback only, wants the password, uses UTC, UTF-8 and the C locale, and is durable by default', async () => {
    const postgres = await startEmbeddedPostgres({ dataDir, settings: { shared_buffers: '16MB' } })
    try {
      const names = [
        'listen_addresses',
        'unix_socket_directories',
        'TimeZone',
        'server_encoding',
        'fsync',
        'synchronous_commit',
        'lc_messages',
      ]
      const rows = await query(
        postgres.ownerUrl,
        `select name, setting from pg_settings where name in (${names.map((name) => `'${name}'`)})`,
      )
      expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toEqual({
        listen_addresses: '127.0.0.1',
        unix_socket_directories: '',
        TimeZone: 'UTC',
        server_encoding: 'UTF8',
        fsync: 'on',
        synchronous_commit: 'on',
        lc_messages: 'C',
      })
      const locale = await query(
        postgres.ownerUrl,
        'select datlocprovider, datlocale from pg_database where datname = current_database()',
      )
      expect(locale).toEqual([{ datlocprovider: 'b', datlocale: 'C.UTF-8' }])
      const wrong = Object.assign(new URL(postgres.ownerUrl), { password: 'guess' }).toString()
      await expect(query(wrong, 'select 1')).rejects.toMatchObject({ code: '28P01' })
      expect((await stat(join(dataDir, 'postgres-password'))).mode & 0o777).toBe(0o600)
    } finally {
      await postgres.stop()
    }
  })

  test('refuses a second start on the same folder, in one line that names the process that holds it', async () => {
    const postgres = await startEmbeddedPostgres({ dataDir, settings })
    try {
      const second = startProcess([CHILD, dataDir])
      expect(await second.exited).toEqual({ code: 2, signal: null })
      expect(second.stderr).toHaveLength(1)
      expect(second.stderr[0]).toContain(`in use by process ${process.pid}`)
      expect(await query(postgres.ownerUrl, 'select 1 as one')).toEqual([{ one: 1 }])
    } finally {
      await postgres.stop()
    }
  })

  test.each<[name: string, fileInTheWay: boolean, settings: Record<string, string>, message: RegExp]>([
    ['a file in the way', true, settings, /not a folder/],
    ['a wrong setting', false, { ...settings, no_such_setting: '1' }, /unrecognized configuration parameter/],
  ])('says in one line what is wrong: %s', async (_name, fileInTheWay, wrong, message) => {
    const path = join(dataDir, 'data')
    if (fileInTheWay) await writeFile(path, '')
    const start = startEmbeddedPostgres({ dataDir: path, settings: wrong })
    const error = await start.then(
      () => undefined,
      (thrown: Error) => thrown,
    )
    expect(error?.message).toMatch(message)
    expect(error?.message).not.toContain('\n')
  })

  test.runIf(process.platform === 'linux')(
    'says so where no folder can be made, rather than wait for ever',
    async () => {
      await expect(startEmbeddedPostgres({ dataDir: '/proc/nowhere/data', settings })).rejects.toThrow(
        /^cannot keep data in \/proc\/nowhere: no folder can be made there, /,
      )
    },
  )
})

test.skipIf(isRoot)('an ordinary user is told when the data folder is not writable (skipped for root)', async () => {
  await chmod(dataDir, 0o500)
  await expect(startEmbeddedPostgres({ dataDir, settings })).rejects.toThrow(/cannot keep data in .*EACCES/)
})
