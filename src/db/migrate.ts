import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration'
import { underLockTimeout } from './under-lock-timeout.ts'

const FOLDER = join(import.meta.dirname, '../../migrations')
const TABLES = { migrationTableName: 'schema_migration', migrationLockTableName: 'schema_migration_lock' }

/** Numbered SQL files, forward only: dropping a table that holds money is never the fix. */
const migrationsIn = (folder: string): MigrationProvider => ({
  async getMigrations() {
    const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort()
    const read = async (file: string): Promise<[string, Migration]> => {
      const text = await readFile(join(folder, file), 'utf8')
      return [file.replace(/\.sql$/, ''), { up: async (db) => void (await sql.raw(text).execute(db)) }]
    }
    return Object.fromEntries(await Promise.all(files.map(read)))
  },
})

const known = migrationsIn(FOLDER)

/**
 * Brings the database to this code's schema, or to that of another `folder` of migrations, in one transaction, as the owner of the
 * database. Safe to run by several processes at once, and beside the running service: it waits for no lock for longer than some
 * seconds, since all requests would wait behind it. Throws when the database is ahead of the code or cannot be reached, and,
 * naming who it is, when somebody stands in the way.
 */
export async function migrate(databaseUrl: string, folder = FOLDER): Promise<void> {
  await underLockTimeout(databaseUrl, async (pool) => {
    const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
    const provider = migrationsIn(folder)
    await refuseNewer(db, provider)
    const { error } = await new Migrator({ db, provider, ...TABLES }).migrateToLatest()
    if (error) throw error
  })
}

/** Migrations that this code has and the database has not. Empty when the schema is current. */
export async function pendingMigrations<T>(db: Kysely<T>): Promise<readonly string[]> {
  const applied = await appliedMigrations(db)
  return Object.keys(await known.getMigrations()).filter((name) => !applied.includes(name))
}

async function appliedMigrations<T>(db: Kysely<T>): Promise<readonly string[]> {
  const { rows: tables } = await sql<{
    there: boolean
  }>`select to_regclass('schema_migration') is not null as there`.execute(db)
  if (!tables[0]?.there) return []
  const { rows } = await sql<{ name: string }>`select name from schema_migration order by name`.execute(db)
  return rows.map(({ name }) => name)
}

/** Throws when the database has migrations that this code does not know. */
export async function refuseNewer<T>(db: Kysely<T>, provider = known): Promise<void> {
  const names = Object.keys(await provider.getMigrations())
  const newer = (await appliedMigrations(db)).filter((name) => !names.includes(name))
  if (newer.length > 0) {
    throw new Error(
      `the database is ahead of this code (it has ${newer.join(', ')}): run the newer version, or restore a backup from before it`,
    )
  }
}
