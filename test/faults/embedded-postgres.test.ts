import { execFileSync } from 'node:child_process'
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startEmbeddedPostgres } from '../../src/embedded-postgres/start.ts'
import { copyCheckout } from '../support/bare-checkout.ts'
import { makeDataFolder, removeDataFolder } from '../support/data-folder.ts'
import { eventually } from '../support/eventually.ts'
import { query, runs } from '../support/one-query.ts'
import { startProcess, type TestProcess } from '../support/processes.ts'
import { expectWithin } from '../support/promised.ts'

const settings = { fsync: 'off', shared_buffers: '16MB' }
const isRoot = process.getuid?.() === 0
const CHILD = 'test/db/embedded-child.ts'

let dataDir: string
beforeEach(async () => {
  dataDir = await makeDataFolder()
})
afterEach(() => removeDataFolder(dataDir))

async function started(child: TestProcess): Promise<{ url: string; pid: number }> {
  return JSON.parse(await child.waitFor(/^\{/))
}

describe('embedded Postgres', () => {
  test('starts again in three seconds', async () => {
    const first = await startEmbeddedPostgres({ dataDir, settings })
    await first.stop()
    const second = await expectWithin(3_000, () => startEmbeddedPostgres({ dataDir, settings }))
    await second.stop()
  })

  test('of many first starts at once on one folder exactly one wins', async () => {
    const children = Array.from({ length: 4 }, () => startProcess([CHILD, dataDir]))
    await Promise.any(children.map(started))
    const losers = await eventually(async () => {
      const ended = children.filter(({ stderr }) => stderr.length > 0)
      expect(ended).toHaveLength(3)
      return ended
    })
    for (const loser of losers) expect(loser.stderr.join('\n')).toMatch(/^data folder .* is in use by process \d+: .*$/)
    for (const child of children) child.signal('SIGTERM')
    const codes = await Promise.all(children.map(async ({ exited }) => (await exited).code))
    expect(codes.sort()).toEqual([0, 2, 2, 2])
  })

  test('after SIGKILL of the process that started it, the next start ends the server left behind and keeps the data', async () => {
    const child = startProcess([CHILD, dataDir])
    const orphan = await started(child)
    await query(orphan.url, 'create table kept as select 42 as answer')
    child.signal('SIGKILL')
    await child.exited
    expect(runs(orphan.pid)).toBe(true)

    const lines: string[] = []
    const postgres = await startEmbeddedPostgres({ dataDir, settings, log: (line) => lines.push(line) })
    try {
      expect(lines.join('\n')).toContain(`process ${orphan.pid}`)
      await eventually(() => !runs(orphan.pid))
      expect(await query(postgres.ownerUrl, 'select answer from kept')).toEqual([{ answer: 42 }])
    } finally {
      await postgres.stop()
    }
  })

  test('after SIGKILL of the server too, the next start recovers, even when its process id is used by another program', async () => {
    const child = startProcess([CHILD, dataDir])
    const orphan = await started(child)
    await query(orphan.url, 'create table kept as select 42 as answer')
    child.signal('SIGKILL')
    process.kill(orphan.pid, 'SIGKILL')
    await child.exited
    const file = join(dataDir, 'postgres/postmaster.pid')
    const lines = (await readFile(file, 'utf8')).split('\n')
    // Of the same user: Postgres knows by itself that a process of another one is not its server.
    const { uid, gid } = await stat(file)
    const other = startProcess(['600'], {}, { file: 'sleep', cwd: '/', uid, gid })
    await writeFile(file, [other.pid, ...lines.slice(1)].join('\n'))

    const postgres = await startEmbeddedPostgres({ dataDir, settings })
    expect(await query(postgres.ownerUrl, 'select answer from kept')).toEqual([{ answer: 42 }])
    expect(runs(other.pid)).toBe(true)
    await postgres.stop()
  })

  test('stops with the process when that ends without stopping it', async () => {
    const script = `const { startEmbeddedPostgres } = await import('./src/embedded-postgres/start.ts')
      console.log((await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, settings: { fsync: 'off' } })).pid)
      process.exit(0)`
    const child = startProcess(['--input-type=module', '-e', script])
    const pid = Number(await child.waitFor(/^\d+$/))
    expect((await child.exited).code).toBe(0)
    await eventually(() => !runs(pid))
  })
})

describe.skipIf(!isRoot)('embedded Postgres, started by root (skipped for any other user)', () => {
  test('runs in a checkout and with a data folder that only root can enter', async () => {
    const secret = await mkdtemp(join(tmpdir(), 'nightbill-secret-'))
    const data = join(secret, 'data')
    try {
      expect((await stat(secret)).mode & 0o777).toBe(0o700)
      const { node, child } = await copyCheckout(secret)
      const first = startProcess([child, data], {}, { file: node, cwd: secret })
      const { url } = await started(first)
      await query(url, 'create table kept as select 42 as answer')
      first.signal('SIGKILL')
      await first.exited

      const second = startProcess([child, data], {}, { file: node, cwd: secret })
      expect(await query((await started(second)).url, 'select answer from kept')).toEqual([{ answer: 42 }])
      second.signal('SIGTERM')
      expect(await second.exited).toEqual({ code: 0, signal: null })
    } finally {
      await removeDataFolder(data)
      await rm(secret, { recursive: true, force: true })
    }
  })

  test('runs for an ordinary user in a checkout and home of its own, who is told when a folder is not its own', async () => {
    const uid = Number(execFileSync('id', ['-u', 'nobody'], { encoding: 'utf8' }))
    const gid = Number(execFileSync('id', ['-g', 'nobody'], { encoding: 'utf8' }))
    const home = await mkdtemp(join(tmpdir(), 'nightbill-home-'))
    try {
      await chmod(home, 0o755)
      const { node, child } = await copyCheckout(home)
      const own = join(home, 'own')
      const others = join(home, 'others')
      await mkdir(own, { mode: 0o700 })
      await chown(own, uid, gid)
      const as = { file: node, cwd: home, uid, gid }

      const user = startProcess([child, join(own, 'data')], { HOME: own }, as)
      const { url, pid } = await started(user)
      expect(await query(url, 'select current_user')).toEqual([{ current_user: 'nightbill' }])
      expect((await stat(`/proc/${pid}`)).uid).toBe(uid)
      user.signal('SIGTERM')
      expect(await user.exited).toEqual({ code: 0, signal: null })

      const refused = startProcess([child, others], { HOME: own }, as)
      expect((await refused.exited).code).toBe(2)
      expect(refused.stderr.join('\n')).toMatch(
        /^cannot keep data in .*EACCES.*: give a data folder that this user can write$/,
      )

      const byRoot = await startEmbeddedPostgres({ dataDir: join(own, 'data'), settings })
      expect((await stat(`/proc/${byRoot.pid}`)).uid).toBe(uid)
      await byRoot.stop()
    } finally {
      await rm(home, { recursive: true, force: true })
    }
  })
})
