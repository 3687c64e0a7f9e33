import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { openDb } from '../../src/db/open.ts'
import { admitLogin, refuseOwner, SERVICE_ROLE } from '../../src/db/service-login.ts'
import { openBackend } from '../../src/queue/backend.ts'
import { preparePostgresQueues } from '../../src/queue/postgres.ts'
import { makeDataFolder, removeDataFolder } from '../support/data-folder.ts'
import { execute, openTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { startProcess } from '../support/processes.ts'
import { openServiceDatabase } from '../support/service.ts'

let database: TestDatabase
const roles: string[] = []

beforeAll(async () => {
  database = await openServiceDatabase()
})
afterAll(async () => {
  await database.drop()
  for (const role of roles) await execute(inject('postgresUrl'), `drop role if exists ${role}`)
})

/** The name of a role that is dropped in the end. */
function newRole(): string {
  const role = `login_${randomUUID().slice(0, 8)}`
  roles.push(role)
  return role
}

const as = (login: string, url = database.url) =>
  Object.assign(new URL(url), { username: login, password: 'secret' }).href

async function query<Row extends pg.QueryResultRow>(url: string, text: string): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(text)).rows
  } finally {
    await client.end()
  }
}

/** Statements one after the other on one connection of the service; gives the rows of the last. */
async function asService(...statements: readonly string[]): Promise<readonly pg.QueryResultRow[]> {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  try {
    let rows: readonly pg.QueryResultRow[] = []
    for (const statement of statements) rows = (await client.query(statement)).rows
    return rows
  } finally {
    await client.end()
  }
}

const refuse = async (url: string) => {
  const db = openDb({ url, max: 1, name: 'test', statementTimeoutMs: 0, lockTimeoutMs: 0, onIdleError: () => {} })
  return await refuseOwner(db).finally(() => db.destroy())
}

describe('the login of the service', () => {
  test('cannot become another: not the owner, and not by resetting its role', async () => {
    const [me] = await query<{ login: string }>(database.url, 'select current_user as login')
    for (const statement of ['reset role', 'set role none', 'set session authorization default']) {
      expect(await asService(statement, 'select current_user as login, session_user as session')).toEqual([
        { login: me?.login, session: me?.login },
      ])
    }
    const [owner] = await query<{ name: string }>(database.ownerUrl, 'select quote_ident(current_user) as name')
    for (const statement of [`set role ${owner?.name}`, `set session authorization ${owner?.name}`]) {
      await expect(query(database.url, statement)).rejects.toMatchObject({ code: '42501' })
    }
    await expect(query(database.url, `grant ${owner?.name} to ${me?.login}`)).rejects.toMatchObject({ code: '42501' })
    await expect(query(database.url, `alter role ${me?.login} superuser`)).rejects.toMatchObject({ code: '42501' })
  })

  test('owns nothing, and makes nothing in the schemas of the ledger and of the queue', async () => {
    const owned = `select c.relname from pg_class c join pg_roles r on r.oid = c.relowner where r.rolname = current_user`
    expect(await query(database.url, owned)).toEqual([])
    for (const schema of ['public', 'bullmq']) {
      const make = query(database.url, `create table ${schema}.mine (id integer)`)
      await expect(make).rejects.toMatchObject({ code: '42501' })
    }
  })

  test('is made by migrating, with its password, and admitted again by another migration', async () => {
    const login = newRole()
    for (let times = 1; times <= 2; times += 1) await admitLogin(database.ownerUrl, as(login))
    expect(await query(as(login), 'select count(*)::integer as count from credit')).toEqual([{ count: 0 }])
    await refuse(as(login))
  })

  test('made by an administrator is admitted, and keeps its password', async () => {
    const login = newRole()
    await execute(database.ownerUrl, `create role ${login} login password 'secret'`)
    await expect(refuse(as(login))).rejects.toThrow(/lacks the rights of the service: run `nightbill migrate`/)
    await admitLogin(database.ownerUrl, Object.assign(new URL(as(login)), { password: 'other' }).href)
    await refuse(as(login))
  })

  test('may not be that of the owner, whom a service refuses to start as', async () => {
    await expect(admitLogin(database.ownerUrl, database.ownerUrl)).rejects.toThrow(/a login of its own/)
    await expect(refuse(database.ownerUrl)).rejects.toThrow(/is a superuser/)
  })

  test('may not own the tables, nor be able to become who does', async () => {
    const other = await openTestDatabase()
    const [owner, member] = [newRole(), newRole()] as const
    try {
      await execute(
        other.ownerUrl,
        `create role ${owner} login password 'secret' in role ${SERVICE_ROLE}; alter table schedule owner to ${owner};
         create role ${member} login password 'secret' in role ${SERVICE_ROLE}, ${owner}`,
      )
      for (const login of [owner, member]) {
        await expect(refuse(as(login, other.url))).rejects.toThrow(`is, or can become, ${owner}, who owns the tables`)
      }
    } finally {
      await other.drop()
    }
  })

  test('uses the queue in Postgres', async () => {
    await preparePostgresQueues(database.ownerUrl, ['things'])
    const backend = await openBackend({
      databaseUrl: database.url,
      redisUrl: undefined,
      prefix: 'test',
      onError: () => {},
    })
    const done: (string | undefined)[] = []
    const worker = await backend.openWorker('things', async ({ id }) => void done.push(id), { concurrency: 1 })
    const queue = await backend.openQueue('things')
    await queue.add('thing', {}, { jobId: 'alone', removeOnComplete: true })
    await queue.addBulk([{ name: 'thing', data: {}, opts: { jobId: 'in bulk' } }])
    await queue.add('thing', {})
    await queue.upsertJobScheduler('nightly', { pattern: '0 2 * * *' }, { name: 'tick' })
    await eventually(() => expect(done.toSorted()).toEqual([expect.stringMatching(/^\d+$/), 'alone', 'in bulk']))
    await queue.removeJobScheduler('nightly')
    await worker.close()
    await queue.close()
    await backend.close()
  })
})

/** Who is connected to the database of a service that works, but for who asks. */
const logins = async (ownerUrl: string) => {
  const rows = await query<{ login: string; connections: number }>(
    ownerUrl,
    `select usename as login, count(*)::integer as connections from pg_stat_activity
     where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid() group by usename`,
  )
  return rows.map(({ login, connections }) => ({ login, many: connections > 10 }))
}

describe('every connection of a service is of its login, those of the queue too', () => {
  test('on the embedded Postgres, whose owner only migrates', async () => {
    const dataDir = await makeDataFolder()
    const service = startProcess(['src/cli.ts', 'serve'], { DATA_DIR: dataDir, PORT: '0' })
    try {
      await service.waitFor(/Nightbill serves at/, 120_000)
      const url = new URL(await readFile(join(dataDir, 'database-url'), 'utf8'))
      const home = (await readFile(join(dataDir, 'postgres-location'), 'utf8').catch(() => dataDir)).trim()
      const password = (await readFile(join(home, 'postgres-password'), 'utf8')).trim()
      const ownerUrl = Object.assign(new URL(url), { username: 'nightbill', password }).href
      await eventually(async () => expect(await logins(ownerUrl)).toEqual([{ login: 'nightbill_app', many: true }]), {
        timeoutMs: 60_000,
      })
      await expect(query(url.href, 'set role nightbill')).rejects.toMatchObject({ code: '42501' })
    } finally {
      service.signal('SIGTERM')
      await service.exited
      await removeDataFolder(dataDir)
    }
  }, 200_000)

  test('on a Postgres of one`s own, which it migrates as the owner when it knows who that is', async () => {
    const name = `own_${randomUUID().slice(0, 8)}`
    const login = newRole()
    await execute(inject('postgresUrl'), `create database ${name}`)
    const ownerUrl = Object.assign(new URL(inject('postgresUrl')), { pathname: `/${name}` }).href
    const settings = { DATABASE_URL: as(login, ownerUrl), PORT: '0' }
    const service = startProcess(['src/cli.ts', 'serve'], { ...settings, OWNER_DATABASE_URL: ownerUrl })
    try {
      await service.waitFor(/Nightbill serves at/, 120_000)
      await eventually(async () => expect(await logins(ownerUrl)).toEqual([{ login, many: true }]), {
        timeoutMs: 60_000,
      })
    } finally {
      service.signal('SIGTERM')
      await service.exited
      await execute(inject('postgresUrl'), `drop database ${name} with (force)`)
    }
  }, 200_000)
})
