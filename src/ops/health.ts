import type { FastifyBaseLogger } from 'fastify'
import { sql } from 'kysely'
import { pendingMigrations } from '../db/migrate.ts'
import type { Db } from '../db/open.ts'
import type { Backend } from '../queue/backend.ts'

/** Whether a process can serve, and which part is missing. The reason is only in the log, because anyone may read this. */
export type Readiness = {
  readonly ready: boolean
  readonly database: 'ok' | 'unreachable'
  readonly queue: 'ok' | 'unreachable'
  readonly migrations: 'ok' | 'pending' | 'unknown'
}

/** Checks whether the database and the queue can be reached and the migrations are current. */
export async function readReadiness(
  db: Db,
  backend: Backend,
  log: Pick<FastifyBaseLogger, 'warn'>,
): Promise<Readiness> {
  const reach = (name: string, what: Promise<unknown>) =>
    what.then(
      () => 'ok' as const,
      (error: unknown) => {
        log.warn({ err: error }, `not ready: ${name} cannot be reached`)
        return 'unreachable' as const
      },
    )
  const [database, queue, migrations] = await Promise.all([
    reach('the database', sql`select 1`.execute(db)),
    reach('the queue', backend.ping()),
    pendingMigrations(db).then(
      (missing) => {
        if (missing.length === 0) return 'ok' as const
        log.warn({ missing }, 'not ready: run `nightbill migrate`')
        return 'pending' as const
      },
      () => 'unknown' as const,
    ),
  ])
  return { ready: [database, queue, migrations].every((one) => one === 'ok'), database, queue, migrations }
}
