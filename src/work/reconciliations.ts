import { sql } from 'kysely'
import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import { lastDue } from '../cron.ts'
import { type Db, openDb } from '../db/open.ts'
import type { ReconcileOptions } from '../ledger/reconcile/reconcile.ts'
import { type RecordOptions, recordReconciliation } from '../ledger/reconcile/record-reconciliation.ts'
import { findOpenRequest, noteProgress } from '../ledger/reconcile/request-reconciliation.ts'
import { repeatEvery } from './repeat-every.ts'

/** The advisory lock of the one relay that reconciles. It is held until its connection ends. */
const LOCK = 7_290_012

/** The pause after a reconciliation that failed, in ms: it reads the whole database, and the fault may last. */
const PAUSE_AFTER_FAILURE_MS = 60_000

/** How many bill runs are reconciled in one round, and how many days after its end a run is still reconciled. */
const MAX_RUNS = 10
const MAX_AGE_DAYS = 7

/** How often the progress of a reconciliation that was asked for is kept, in ms. */
const PROGRESS_MS = 250

/**
 * Reconciles each bill run soon after it has ended, and the whole database when somebody asks for it and once a day from RECONCILE_AT on, for
 * as long as this process lives. Uses connections of its own, since the snapshot may last for minutes: one for that, one for the progress. A process that is told to stop does not wait for it.
 */
export function startReconciling(config: Config, databaseUrl: string, log: Logger): void {
  const db = openDb({
    url: databaseUrl,
    max: 2,
    name: 'nightbill reconcile',
    statementTimeoutMs: config.STATEMENT_TIMEOUT_MS,
    lockTimeoutMs: config.LOCK_TIMEOUT_MS,
    onIdleError: (error) => log.warn({ err: error }, 'lost an idle database connection'),
  })
  let pausedUntil = 0
  const round = async () => {
    if (performance.now() < pausedUntil) return
    try {
      await reconcileDue(db, config.RECONCILE_AT, log)
    } catch (error) {
      pausedUntil = performance.now() + PAUSE_AFTER_FAILURE_MS
      throw error
    }
  }
  repeatEvery(config.RELAY_INTERVAL_MS, 'reconcile', round, log)
}

/**
 * Reconciles whatever is due. That is the whole database if somebody asked for it. It is each bill run that has ended, and again after each
 * retry. And it is the whole database once a day from `at` on (HH:MM in UTC, by the database's clock), the first time at once. A missed day
 * is made up once; a reconciliation by command since `at` counts too. When several processes call this at once, one of them does it. Tries
 * everything that is due, then throws the first error.
 */
export async function reconcileDue(db: Db, at: string, log: Logger): Promise<void> {
  await db.connection().execute(async (own) => {
    // Lets the server notice within seconds that this process is gone. Not every system supports it; then the server notices at the end.
    await sql`set client_connection_check_interval = '5s'`.execute(own).catch(() => {})
    if (!(await tryLock(own))) return
    try {
      await reconcileEach(db, own, await findDue(own, at), log)
    } finally {
      await sql`select pg_advisory_unlock(${LOCK}::bigint)`.execute(own)
    }
  })
}

async function findDue(own: Db, at: string): Promise<readonly RecordOptions[]> {
  const requestId = await findOpenRequest(own)
  const { rows } = await sql<{ billRunId: string }>`
    select id as "billRunId" from bill_run where finished_at > now() - ${MAX_AGE_DAYS}::integer * interval '1 day'
      and coalesce((select max(started_at) from reconciliation where bill_run_id = bill_run.id) < finished_at, true)
    order by finished_at limit ${MAX_RUNS}`.execute(own)
  // Somebody waits for the one that was asked for, and it serves for the daily one as well.
  if (requestId !== undefined) return [{ requestId }, ...rows]
  return (await isDatabaseDue(own, at)) ? [...rows, {}] : rows
}

async function reconcileEach(db: Db, own: Db, due: readonly RecordOptions[], log: Logger): Promise<void> {
  const failures: unknown[] = []
  for (const options of due) {
    const { requestId } = options
    const onRule = requestId === undefined ? {} : { onRule: noteProgressOf(db, requestId, log) }
    await reconcileNow(own, { ...options, ...onRule }, log).catch((error: unknown) => failures.push(error))
  }
  if (failures.length > 0) throw failures[0]
}

/** Keeps the progress on another connection than the snapshot's, which has nothing to show until it is over. */
function noteProgressOf(db: Db, requestId: string, log: Logger): NonNullable<ReconcileOptions['onRule']> {
  let notedAt = Number.NEGATIVE_INFINITY
  return (rule) => {
    if (performance.now() - notedAt < PROGRESS_MS) return
    notedAt = performance.now()
    noteProgress(db, requestId, rule).catch((error: unknown) =>
      log.debug({ err: error }, 'could not keep the progress'),
    )
  }
}

async function tryLock(own: Db): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`select pg_try_advisory_lock(${LOCK}::bigint) as locked`.execute(own)
  return rows[0]?.locked === true
}

async function isDatabaseDue(own: Db, at: string): Promise<boolean> {
  const { rows } = await sql<{ now: Date; last: Date | null }>`
    select now() as now, (select started_at from reconciliation where bill_run_id is null order by id desc limit 1) as last`.execute(
    own,
  )
  const { now, last } = rows[0] as { now: Date; last: Date | null }
  const [hour, minute] = at.split(':').map(Number)
  const due = lastDue({ cron: `${minute} ${hour} * * *`, timezone: 'UTC' }, now)
  return last === null || (due !== undefined && last < due)
}

async function reconcileNow(own: Db, { onRule, ...options }: RecordOptions, log: Logger): Promise<void> {
  const started = performance.now()
  const {
    reconciliationId,
    violations,
    report: { ok, checks },
  } = await recordReconciliation(own, onRule ? { ...options, onRule } : options)
  const line = { ...options, reconciliationId, rules: checks.length, ms: Math.round(performance.now() - started) }
  if (ok) log.info(line, 'reconciled: everything adds up')
  else {
    const broken = checks.filter((check) => check.violations > 0).map(({ name, violations }) => ({ name, violations }))
    log.error({ ...line, violations, broken }, 'reconciled: rules are broken (GET /v1/reconciliations)')
  }
}
