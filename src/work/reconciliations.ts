import { sql } from 'kysely'
import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import { lastDue } from '../cron.ts'
import { type Db, openDb } from '../db/open.ts'
import type { ReconcileOptions } from '../ledger/reconcile/reconcile.ts'
import { recordReconciliation } from '../ledger/reconcile/record-reconciliation.ts'
import { every } from './every.ts'

/** Held by the one of several relays that reconciles, for as long as its connection lasts. */
const LOCK = 7_290_012

/** How long a reconciliation that could not be done is left alone, in ms: it reads everything, and what is wrong with the database may last. */
const REST_MS = 60_000

/** Bill runs that are reconciled in one round, and how long after their end that is still made up, in days. */
const MAX_RUNS = 10
const RUN_DAYS = 7

/**
 * Reconciles each bill run's rows soon after it has ended, and the whole database once a day, from RECONCILE_AT on, for as long as this process lives. On a connection of its own: a
 * snapshot of minutes holds none that work needs. A process that is told to stop does not wait for it.
 */
export function startReconciling(config: Config, databaseUrl: string, log: Logger): void {
  const db = openDb({
    url: databaseUrl,
    max: 1,
    name: 'nightbill reconcile',
    statementTimeoutMs: config.STATEMENT_TIMEOUT_MS,
    lockTimeoutMs: config.LOCK_TIMEOUT_MS,
    onIdleError: (error) => log.warn({ err: error }, 'lost an idle database connection'),
  })
  let restUntil = 0
  const round = async () => {
    if (performance.now() < restUntil) return
    try {
      await reconcileWhatIsDue(db, config.RECONCILE_AT, log)
    } catch (error) {
      restUntil = performance.now() + REST_MS
      throw error
    }
  }
  every(config.RELAY_INTERVAL_MS, 'reconcile', round, log)
}

/**
 * Reconciles what is due: the rows of each bill run that has ended, again when a retry has ended it again, and the whole database once a
 * day, from `at` (HH:MM in UTC, by the database's clock) on, and the first time at once. A day that was missed is made up once; one on
 * which it was done by command since then needs no other. Of several that call this one does it. Throws what the first met that could not be
 * done, after all others.
 */
export async function reconcileWhatIsDue(db: Db, at: string, log: Logger): Promise<void> {
  await db.connection().execute(async (own) => {
    // The server gives up soon when nobody listens any more; where it cannot, when it has something to say.
    await sql`set client_connection_check_interval = '5s'`.execute(own).catch(() => {})
    if (!(await isTaken(own))) return
    try {
      await reconcileEach(own, await whatIsDue(own, at), log)
    } finally {
      await sql`select pg_advisory_unlock(${LOCK}::bigint)`.execute(own)
    }
  })
}

async function whatIsDue(own: Db, at: string): Promise<readonly ReconcileOptions[]> {
  const { rows } = await sql<{ billRunId: string }>`
    select id as "billRunId" from bill_run where finished_at > now() - ${RUN_DAYS}::integer * interval '1 day'
      and coalesce((select max(started_at) from reconciliation where bill_run_id = bill_run.id) < finished_at, true)
    order by finished_at limit ${MAX_RUNS}`.execute(own)
  return (await isDue(own, at)) ? [...rows, {}] : rows
}

async function reconcileEach(own: Db, due: readonly ReconcileOptions[], log: Logger): Promise<void> {
  const failures: unknown[] = []
  for (const what of due) await reconcileNow(own, what, log).catch((error: unknown) => failures.push(error))
  if (failures.length > 0) throw failures[0]
}

async function isTaken(own: Db): Promise<boolean> {
  const { rows } = await sql<{ taken: boolean }>`select pg_try_advisory_lock(${LOCK}::bigint) as taken`.execute(own)
  return rows[0]?.taken === true
}

async function isDue(own: Db, at: string): Promise<boolean> {
  const { rows } = await sql<{ now: Date; last: Date | null }>`
    select now() as now, (select started_at from reconciliation where bill_run_id is null order by id desc limit 1) as last`.execute(
    own,
  )
  const { now, last } = rows[0] as { now: Date; last: Date | null }
  const [hour, minute] = at.split(':').map(Number)
  const due = lastDue({ cron: `${minute} ${hour} * * *`, timezone: 'UTC' }, now)
  return last === null || (due !== undefined && last < due)
}

async function reconcileNow(own: Db, what: ReconcileOptions, log: Logger): Promise<void> {
  const started = performance.now()
  const {
    reconciliationId,
    violations,
    report: { ok, checks },
  } = await recordReconciliation(own, what)
  const line = { ...what, reconciliationId, rules: checks.length, ms: Math.round(performance.now() - started) }
  if (ok) log.info(line, 'reconciled: everything adds up')
  else {
    const broken = checks.filter((check) => check.violations > 0).map(({ name, violations }) => ({ name, violations }))
    log.error({ ...line, violations, broken }, 'reconciled: rules are broken (GET /v1/reconciliations)')
  }
}
