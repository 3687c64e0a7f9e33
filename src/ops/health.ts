import { sql } from 'kysely'
import { pendingMigrations } from '../db/migrate.ts'
import type { Db } from '../db/open.ts'
import type { Backend } from '../queue/backend.ts'

/** What a process needs to serve: 'ok' for each, or what is the matter with it. */
export type Readiness = {
  readonly ready: boolean
  readonly database: string
  readonly queue: string
  readonly migrations: string
}

/** Whether database and queue can be reached and the migrations are current. */
export async function readReadiness(db: Db, backend: Backend): Promise<Readiness> {
  const look = (what: Promise<string>) =>
    what.catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
  const [database, queue, migrations] = await Promise.all([
    look(sql`select 1`.execute(db).then(() => 'ok')),
    look(backend.ping().then(() => 'ok')),
    look(pendingMigrations(db).then((missing) => (missing.length === 0 ? 'ok' : `lacks ${missing.join(', ')}`))),
  ])
  return { ready: [database, queue, migrations].every((one) => one === 'ok'), database, queue, migrations }
}
