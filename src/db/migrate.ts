import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration'
import { underLockTimeout } from './under-lock-timeout.ts'

const FOLDER = join(import.meta.dirname, '../../migrations')
const TABLES = { migrationTableName: 'schema_migration', migrationLockTableName: 'schema_migration_lock' }

/** Takes a line for people about the progress of a long migration. */
export type Say = (line: string) => void

/** The exports of a migration in TypeScript. It works in many transactions, so that it can go on where it was interrupted. */
type InSlices = { readonly migrate: (db: Kysely<unknown>, say: Say) => Promise<void> }

const FORM = /^(\d{4}-.*)\.(sql|ts)$/

/**
 * The names and file types of the migrations in a folder, in order. There are no migrations backwards: to drop a table that holds money is
 * never the fix.
 */
async function list(folder: string): Promise<readonly { readonly name: string; readonly kind: string }[]> {
  const files = (await readdir(folder)).sort()
  return files.flatMap((file) => {
    const [, name, kind] = FORM.exec(file) ?? []
    return name === undefined || kind === undefined ? [] : [{ name, kind }]
  })
}

/** Numbered SQL files, several of which run in one transaction, and TypeScript files, which have transactions of their own. */
const migrationsIn = (folder: string, say: Say): MigrationProvider => ({
  async getMigrations() {
    const read = async ({ name, kind }: { name: string; kind: string }): Promise<[string, Migration]> => {
      const file = join(folder, `${name}.${kind}`)
      if (kind === 'ts') {
        const up = async (db: Kysely<unknown>) => {
          const { migrate } = await importSlices(file)
          await withSignsOfLife(say, (sayOrRepeat) => migrate(db, sayOrRepeat))
        }
        return [name, { up }]
      }
      const text = await readFile(file, 'utf8')
      return [name, { up: async (db) => void (await sql.raw(text).execute(db)) }]
    }
    return Object.fromEntries(await Promise.all((await list(folder)).map(read)))
  },
})

const importSlices = async (file: string): Promise<InSlices> => import(pathToFileURL(file).href)

/** One statement may take minutes, such as the building of an index. */
const MAX_SILENCE_MS = 5_000

/** While `work` says nothing, says every five seconds what it last said, and how long ago. */
async function withSignsOfLife(say: Say, work: (say: Say) => Promise<void>): Promise<void> {
  let last: { readonly line: string; readonly at: number } | undefined
  const repeat = () => {
    if (last) say(`still at work: ${last.line}, ${Math.round((performance.now() - last.at) / 1_000)} s ago`)
  }
  const timer = setInterval(repeat, MAX_SILENCE_MS)
  try {
    await work((line) => {
      last = { line, at: performance.now() }
      timer.refresh()
      say(line)
    })
  } finally {
    clearInterval(timer)
  }
}

/**
 * Migrates the database to this code's schema, or to that of another `folder` of migrations, as the owner of the database. Several
 * processes may call it at once, and the service may be running. It waits for a lock only for some seconds, because all requests would wait
 * behind it.
 *
 * SQL files in a row run in one transaction. A TypeScript file works slice by slice, reports its progress to `say`, and goes on where it
 * was interrupted. Throws when the database is ahead of the code or cannot be reached. Throws when another session blocks it each time,
 * with a message that names that session.
 */
export async function migrate(
  databaseUrl: string,
  { folder = FOLDER, say = () => {} }: { readonly folder?: string; readonly say?: Say } = {},
): Promise<void> {
  await underLockTimeout(databaseUrl, async (pool) => {
    const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
    await waitForOthers(db, say)
    await refuseNewer(db, folder)
    const applied = await appliedMigrations(db)
    const pending = (await list(folder)).filter(({ name }) => !applied.includes(name))
    const provider = migrationsIn(folder, say)
    for (const { last, kind } of runsOf(pending)) {
      const migrator = new Migrator({ db, provider, ...TABLES, disableTransactions: kind === 'ts' })
      const { error } = await migrator.migrateTo(last)
      if (error) throw error
    }
  })
}

/** Held by the process that migrates, for as long as its one connection lasts. */
const LOCK = 7_290_014
const LOOK_EVERY_MS = 250

/**
 * Waits until no other process migrates this database. Asks again and again: who waits within a statement holds up an index that the other
 * builds beside running work.
 */
async function waitForOthers(db: Kysely<unknown>, say: Say): Promise<void> {
  for (let looks = 1; ; looks += 1) {
    const { rows } = await sql<{ taken: boolean }>`select pg_try_advisory_lock(${LOCK}::bigint) as taken`.execute(db)
    if (rows[0]?.taken) return
    if (looks === 1) say('another process migrates this database; waiting for it')
    await sleep(LOOK_EVERY_MS)
  }
}

/** Splits pending migrations into runs: SQL files in a row, or one TypeScript file. `last` is the name of a run's last migration. */
function runsOf(pending: readonly { readonly name: string; readonly kind: string }[]) {
  return pending.flatMap(({ name, kind }, index) =>
    kind === 'sql' && pending[index + 1]?.kind === 'sql' ? [] : [{ last: name, kind }],
  )
}

/** The names of the migrations that the database lacks. Empty when the schema is current. */
export async function pendingMigrations<T>(db: Kysely<T>): Promise<readonly string[]> {
  const applied = await appliedMigrations(db)
  return (await list(FOLDER)).map(({ name }) => name).filter((name) => !applied.includes(name))
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
export async function refuseNewer<T>(db: Kysely<T>, folder = FOLDER): Promise<void> {
  const names = (await list(folder)).map(({ name }) => name)
  const newer = (await appliedMigrations(db)).filter((name) => !names.includes(name))
  if (newer.length > 0) {
    throw new Error(
      `the database is ahead of this code (it has ${newer.join(', ')}): run the newer version, or restore a backup from before it`,
    )
  }
}
