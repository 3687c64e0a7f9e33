import { type RawBuilder, sql } from 'kysely'
import { Counter, Gauge, type Registry } from 'prom-client'
import type { Db } from '../db/open.ts'
import type { Kind } from '../work/kind.ts'
import { readBacklogs } from './backlogs.ts'

/** How many schedules have metrics of their own. */
const MAX_SCHEDULES = 100

/**
 * Registers the metrics that come from the database: open work, worker activity, ends of bill runs, reconciliations. Returns a function
 * that updates them. Something that never happened has no series, because a 0 would look healthy; docs/alerts.yml alerts on absent series.
 */
export function openDurableFigures(db: Db, registry: Registry, kinds: readonly Kind[]): () => Promise<void> {
  const reads = [readOpenWork, readActivity, readBillRuns, readReconciliations].map((open) => open(db, registry, kinds))
  return async () => {
    // One after the other, so that frequent scrapes use one connection only.
    for (const read of reads) await read()
  }
}

type OpenFigures = (db: Db, registry: Registry, kinds: readonly Kind[]) => () => Promise<void>

const gaugeOf =
  (registry: Registry) =>
  (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `nightbill_${name}`, help, labelNames, registers: [registry] })

const readOpenWork: OpenFigures = (db, registry, kinds) => {
  const gauge = gaugeOf(registry)
  const open = gauge('to_be_done', 'Durable work that is not done, by kind', ['kind'])
  const oldest = gauge('oldest_to_be_done_seconds', 'Age of the oldest work that is not done, by kind; 0 for none', [
    'kind',
  ])
  const unfinished = gauge('bill_runs_unfinished', 'Bill runs that have not ended')
  return async () => {
    for (const { kind, open: count, oldest: age } of await readBacklogs(db, kinds)) {
      oldest.set({ kind }, age)
      if (kind === 'bill-run') unfinished.set(count)
      else open.set({ kind }, count)
    }
  }
}

const readActivity: OpenFigures = (db, registry, kinds) => {
  const counter = (name: string, help: string) =>
    new Counter({ name: `nightbill_work_${name}_total`, help, labelNames: ['kind'], registers: [registry] })
  const lastTaken = gaugeOf(registry)(
    'work_last_taken_timestamp_seconds',
    'When a worker last took work of this kind; absent if never',
    ['kind'],
  )
  const counters = {
    taken: counter('taken', 'Jobs that workers took'),
    retries: counter('retries', 'Jobs that workers took which had failed before'),
    takeovers: counter('takeovers', 'Jobs that went to another worker because theirs was lost'),
    troubles: counter('troubles', 'Attempts that ended with an error'),
  }
  return async () => {
    const rows = await db.selectFrom('work_activity').selectAll().execute()
    lastTaken.reset()
    for (const { last_taken_at, kind } of rows)
      if (last_taken_at) lastTaken.set({ kind }, last_taken_at.getTime() / 1_000)
    for (const [name, counter] of Object.entries(counters)) {
      counter.reset()
      // Counters start at 0, so that the first event is an increase.
      for (const { name: kind } of kinds) counter.inc({ kind }, 0)
      for (const row of rows) counter.inc({ kind: row.kind }, row[name as keyof typeof counters])
    }
  }
}

const readBillRuns: OpenFigures = (db, registry) => {
  const gauge = gaugeOf(registry)
  const failures = gauge('bill_run_failures', 'Accounts that a bill run of the last 30 days could not bill')
  const labels = ['schedule']
  const ended = gauge(
    'bill_run_last_end_timestamp_seconds',
    'When the last bill run ended, cancelled ones left out: for each schedule, and for all runs',
    labels,
  )
  const succeeded = gauge(
    'bill_run_last_success_timestamp_seconds',
    'When the last bill run without a failure ended: for each schedule, and for all runs',
    labels,
  )
  const duration = gauge(
    'bill_run_last_duration_seconds',
    'Time from the first start to the end of the run that ended last, including its retries',
    labels,
  )
  const failed = gauge('bill_run_last_failed_accounts', 'Accounts that the run which ended last could not bill', labels)
  return async () => {
    const last = await sql<LastRuns>`
      select schedule, extract(epoch from ended.finished_at)::float8 as ended, extract(epoch from succeeded.finished_at)::float8 as succeeded,
        extract(epoch from ended.finished_at - ended.started_at)::float8 as duration,
        (select count(*) from bill_batch where bill_run_id = ended.id and status = 'failed') as failed
      from (select null as schedule union all (select name from schedule order by name limit ${MAX_SCHEDULES})) schedules
      cross join lateral (${lastRun(sql`('completed', 'completed_with_failures')`)}) ended
      left join lateral (${lastRun(sql`('completed')`)}) succeeded on true`.execute(db)
    for (const one of [ended, succeeded, duration, failed]) one.reset()
    for (const row of last.rows) {
      const schedule = { schedule: row.schedule ?? '' }
      ended.set(schedule, row.ended)
      failed.set(schedule, row.failed)
      if (row.succeeded !== null) succeeded.set(schedule, row.succeeded)
      if (row.duration !== null) duration.set(schedule, row.duration)
    }
    const { rows } = await sql<{ failures: number }>`
      select count(*) as failures from bill_batch where status = 'failed' and finished_at > now() - interval '30 days'`.execute(
      db,
    )
    failures.set(rows[0]?.failures ?? 0)
  }
}

/**
 * Selects the run that ended last with one of these statuses: of a schedule, or of all runs when the schedule is null. The column
 * `schedule.name` has a collation of its own, with which the index of `bill_run` could not be used.
 */
const lastRun = (statuses: RawBuilder<unknown>) => sql`
  (select id, started_at, finished_at from bill_run
    where schedules.schedule is null and finished_at is not null and status in ${statuses} order by finished_at desc limit 1)
  union all
  (select id, started_at, finished_at from bill_run
    where schedule_name = schedules.schedule collate "default" and status in ${statuses} order by scheduled_for desc limit 1)`

type LastRuns = {
  schedule: string | null
  ended: number
  succeeded: number | null
  duration: number | null
  failed: number
}

const readReconciliations: OpenFigures = (db, registry) => {
  const gauge = gaugeOf(registry)
  const labels = ['scope']
  const ended = gauge('reconciled_timestamp_seconds', 'When the last reconciliation ended; absent if never', labels)
  const ok = gauge('reconcile_ok', 'Whether the last reconciliation found every rule kept: 1 or 0', labels)
  const violations = gauge('reconcile_violations', 'Rows that broke a rule at the last reconciliation', labels)
  const unreconciled = gauge('bill_runs_unreconciled', 'Bill runs of the last 7 days that ended and are not reconciled')
  const broken = gauge(
    'bill_runs_broken',
    'Bill runs of the last 30 days whose last reconciliation found a rule broken',
  )
  return async () => {
    const last = await sql<{ scope: string; ended: number; ok: boolean; violations: number }>`
      select scope, extract(epoch from finished_at)::float8 as ended, ok, violations from (
        (select 'database' as scope, * from reconciliation where bill_run_id is null order by id desc limit 1)
        union all
        (select 'bill_run', * from reconciliation where bill_run_id is not null order by id desc limit 1)) last`.execute(
      db,
    )
    for (const one of [ended, ok, violations]) one.reset()
    for (const { scope, ...row } of last.rows) {
      ended.set({ scope }, row.ended)
      ok.set({ scope }, row.ok ? 1 : 0)
      violations.set({ scope }, row.violations)
    }
    const { rows } = await sql<{ unreconciled: number; broken: number }>`
      select (select count(*) from bill_run where finished_at > now() - interval '7 days'
          and coalesce((select max(started_at) from reconciliation where bill_run_id = bill_run.id) < finished_at, true)) as unreconciled,
        (select count(*) from (
            select distinct bill_run_id from reconciliation
            where not ok and finished_at > now() - interval '30 days' and bill_run_id is not null) red
          where not (select ok from reconciliation where bill_run_id = red.bill_run_id order by id desc limit 1)) as broken`.execute(
      db,
    )
    unreconciled.set(rows[0]?.unreconciled ?? 0)
    broken.set(rows[0]?.broken ?? 0)
  }
}
