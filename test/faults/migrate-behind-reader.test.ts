import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrate } from '../../src/db/migrate.ts'
import { prepareQueues } from '../../src/work/prepare-queues.ts'
import { execute, withDatabase } from '../support/database.ts'
import { startProcess } from '../support/processes.ts'
import { openService, type Service } from '../support/service.ts'

const MIGRATIONS = join(import.meta.dirname, '../../migrations')
/** What is waited for at most, as src/db/under-lock-timeout.ts has it. */
const LOCK_TIMEOUT_MS = 3_000

let service: Service
let later: string
beforeAll(async () => {
  service = await openService()
  later = await mkdtemp(join(tmpdir(), 'nightbill-migrations-'))
  await cp(MIGRATIONS, later, { recursive: true })
  await writeFile(join(later, '9999-later.sql'), 'alter table account add column later text;')
})
afterAll(async () => {
  await service.close()
  await rm(later, { recursive: true })
})

/** Somebody who has read these tables, in a transaction that stays open. */
async function openReader(url: string, ...tables: readonly string[]) {
  const client = new pg.Client({ connectionString: url, application_name: 'nightly report' })
  client.on('error', () => {})
  await client.connect()
  await client.query('begin isolation level repeatable read')
  for (const table of tables) await client.query(`select from ${table} limit 1`)
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  return { pid: rows[0]?.pid, query: (text: string) => client.query(text), close: () => client.end() }
}

test('behind a long reader: requests are answered meanwhile, it gives up and names the reader, and it works once that is gone', async () => {
  const { call, database } = service
  await call('POST', '/v1/accounts', { body: { accountId: 'read', name: 'Somebody', currency: 'USD' } })
  const reader = await openReader(database.ownerUrl, 'account')
  let ended = false
  const migrating = migrate(database.ownerUrl, { folder: later }).then(
    () => undefined,
    (error: Error) => error,
  )
  void migrating.finally(() => (ended = true))
  const answers: { status: number; ms: number }[] = []
  while (!ended) {
    const began = performance.now()
    const { status } = await call('GET', '/v1/accounts/read')
    answers.push({ status, ms: performance.now() - began })
    if (status !== 200) break
  }
  expect(answers.filter(({ status }) => status !== 200)).toEqual([])
  // Some did wait, and none for longer than it waits itself, with twice as much again for a busy machine.
  expect(Math.max(...answers.map(({ ms }) => ms))).toBeGreaterThan(LOCK_TIMEOUT_MS / 3)
  expect(Math.max(...answers.map(({ ms }) => ms))).toBeLessThan(3 * LOCK_TIMEOUT_MS)
  expect((await migrating)?.message).toMatch(
    new RegExp(
      `process ${reader.pid} \\(nightly report, its transaction open for \\d+ s\\).*pg_terminate_backend\\(${reader.pid}\\).*later`,
    ),
  )
  await reader.close()
  await migrate(database.ownerUrl, { folder: later })
  expect((await call('GET', '/v1/accounts/read')).status).toBe(200)
})

test.concurrent('the command says so in one line, and ends with exit code 2', async () => {
  const { database } = service
  const early = join(later, 'early')
  await mkdir(early)
  for (const name of ['0001-ledger.sql', '0002-work.sql', '0003-service-role.sql'])
    await cp(join(MIGRATIONS, name), join(early, name))
  const name = `early_${process.pid}`
  const url = withDatabase(database.ownerUrl, name)
  await execute(database.ownerUrl, `create database ${name}`)
  await migrate(url, { folder: early })
  // The next migration is to add a column to it.
  const reader = await openReader(url, 'job')
  const command = startProcess(['src/cli.ts', 'migrate'], { OWNER_DATABASE_URL: url })
  expect(await command.exited).toEqual({ code: 2, signal: null })
  expect(command.stderr).toEqual([expect.stringMatching(`^nightbill: .*process ${reader.pid} \\(nightly report`)])
  await reader.close()
  const again = startProcess(['src/cli.ts', 'migrate'], { OWNER_DATABASE_URL: url })
  expect(await again.exited).toEqual({ code: 0, signal: null })
  await execute(database.ownerUrl, `drop database ${name} with (force)`)
})

test.concurrent('the queue’s own schema is changed under the same rule', async () => {
  const other = await openReader(service.database.ownerUrl)
  await other.query("select pg_advisory_xact_lock(1112886348, hashtext('bullmq'))")
  const preparing = prepareQueues({ ownerUrl: service.database.ownerUrl, redisUrl: undefined })
  await expect(preparing).rejects.toThrow(`process ${other.pid} (nightly report`)
  await other.close()
})
