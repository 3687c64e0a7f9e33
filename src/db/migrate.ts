import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration'
import pg from 'pg'

const FOLDER = join(import.meta.dirname, '../../migrations')
const TABLES = { migrationTableName: 'schema_migration', migrationLockTableName: 'schema_migration_lock' }

/** Numbered SQL files, forward only: dropping a table that holds money is never the fix. */
const provider: MigrationProvider = {
  async getMigrations() {
    const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.sql')).sort()
    const read = async (file: string): Promise<[string, Migration]> => {
      const text = await readFile(join(FOLDER, file), 'utf8')
      return [file.replace(/\.sql$/, ''), { up: async (db) => void (await sql.raw(text).execute(db)) }]
    }
    return Object.fromEntries(await Promise.all(files.map(read)))
  },
}

/**
 * Brings the database to this code's schema, as the owner of the database. Safe to run by several processes at once.
 * Throws when the database is ahead of the code, or cannot be reached.
 */
export async function migrate(databaseUrl: string): Promise<void> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1, connectionTimeoutMillis: 5_000 })
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  try {
    await refuseNewer(db)
    const { error } = await new Migrator({ db, provider, ...TABLES }).migrateToLatest()
    if (error) throw error
  } finally {
    await db.destroy()
  }
}

/** Migrations that this code has and the database has not. Empty when the schema is current. */
export async function pendingMigrations<T>(db: Kysely<T>): Promise<readonly string[]> {
  const applied = await appliedMigrations(db)
  return Object.keys(await provider.getMigrations()).filter((name) => !applied.includes(name))
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
export async function refuseNewer<T>(db: Kysely<T>): Promise<void> {
  const known = Object.keys(await provider.getMigrations())
  const newer = (await appliedMigrations(db)).filter((name) => !known.includes(name))
  if (newer.length > 0) {
    throw new Error(
      `the database is ahead of this code (it has ${newer.join(', ')}): run the newer version, or restore a backup from before it`,
    )
  }
}
