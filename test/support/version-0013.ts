import { randomUUID } from 'node:crypto'
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { inject } from 'vitest'
import { migrate } from '../../src/db/migrate.ts'
import { execute, type TestDatabase, withDatabase } from './database.ts'

const MIGRATIONS = join(import.meta.dirname, '../../migrations')

export type Books = {
  readonly data: Readonly<Record<string, string>>
  readonly answers: Readonly<Record<string, string>>
  readonly preview: object
}

export async function readBooks(): Promise<Books> {
  return JSON.parse(await readFile(join(import.meta.dirname, '../fixtures/version-0013/books.json'), 'utf8'))
}

/** Migrates up to a migration, left out, such as `0014`. */
export async function migrateBefore(ownerUrl: string, end: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'nightbill-old-'))
  const files = (await readdir(MIGRATIONS)).filter((file) => file < end)
  for (const file of files) await cp(join(MIGRATIONS, file), join(folder, file))
  await migrate(ownerUrl, { folder })
  await rm(folder, { recursive: true })
}

/** A database with the schema of the version before charges were stamped, empty. */
export async function openOldDatabase(): Promise<TestDatabase> {
  const admin = inject('postgresUrl')
  const name = `old_${randomUUID().replaceAll('-', '')}`
  await execute(admin, `create database ${name}`)
  const ownerUrl = withDatabase(admin, name)
  await migrateBefore(ownerUrl, '0014')
  return {
    url: withDatabase(inject('serviceUrl'), name),
    ownerUrl,
    drop: () => execute(admin, `drop database if exists ${name} with (force)`),
  }
}

/** Writes the rows of the fixture as they were, past triggers and foreign keys. */
export async function restore(ownerUrl: string, { data }: Books): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl })
  await client.connect()
  await client.query('set session_replication_role = replica')
  for (const [table, rows] of Object.entries(data)) {
    const { rows: columns } = await client.query<{ name: string; identity: boolean }>(
      `select quote_ident(attname) as name, attidentity <> '' as identity from pg_attribute
       where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''`,
      [table],
    )
    await client.query(`delete from ${table}`) // migrations write some rows of their own
    const names = columns.map(({ name }) => name).join(', ')
    await client.query(
      `insert into ${table} (${names}) overriding system value select ${names} from json_populate_recordset(null::${table}, $1)`,
      [rows],
    )
    for (const { name } of columns.filter(({ identity }) => identity)) {
      await client.query(`select setval(pg_get_serial_sequence('${table}', '${name}'), max(${name})) from ${table}`)
    }
  }
  await client.end()
}
