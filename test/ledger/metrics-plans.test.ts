import { sql } from 'kysely'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Db } from '../../src/db/open.ts'
import { openDurableFigures } from '../../src/ops/durable-figures.ts'
import { readFacts } from '../../src/ops/read-facts.ts'
import { KINDS } from '../../src/work/kinds.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World

beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

/** Half of the jobs and a tenth of the batches are of long ago; some of each wait, and some failed. */
const FILL = `
  set session_replication_role = replica;
  insert into job (id, type, subject_id, account_id, request, status, created_at, finished_at, api_key_id, request_id)
    select gen_random_uuid(), (array['credit', 'reversal'])[1 + n / 50 % 2], gen_random_uuid(), 1, '{}',
      case when n % 50 = 0 then 'queued' else 'done' end::job_status, now() - n * interval '1 minute',
      case when n % 50 = 0 then null else now() - n * interval '1 minute' end, gen_random_uuid(), 'x' from generate_series(1, 50000) n;
  insert into bill_run (id, bill_group, bill_date, status, selected_all, schedule_name, scheduled_for, started_at, finished_at)
    select gen_random_uuid(), 'g', '2026-01-31', 'completed', true, 'nightly-' || n % 20, date '2000-01-01' + n / 20,
      now() - n * interval '1 hour', now() - n * interval '1 hour' from generate_series(1, 10000) n;
  insert into bill_batch (id, bill_run_id, account_ids, status, billed, failure_code, failure_message, finished_at)
    select gen_random_uuid(), id, '{1}', case when random() < 0.05 then 'failed' else 'done' end::bill_batch_status, 1, 'x', 'x', finished_at
    from bill_run cross join generate_series(1, 5);
  insert into reconciliation (ok, violations, bill_run_id, finished_at, started_at)
    select random() < 0.9, 1, id, finished_at, finished_at from bill_run;
  insert into reconciliation (ok, violations) values (true, 0);
  insert into schedule (name, cron, timezone, bill_group) select 'nightly-' || n, '0 2 * * *', 'UTC', 'g' from generate_series(0, 19) n;
  analyze`

test('the figures of /metrics are found by index, however much there is of what is done', async () => {
  await world.asOwner((client) => client.query(FILL))
  await world.db.transaction().execute(async (tx) => {
    const registry = new Registry()
    await openDurableFigures(tx as unknown as Db, registry, KINDS)()
    const { rows } = await sql<{ table: string; read: number }>`
      select relname as table, coalesce(idx_tup_fetch, 0) + seq_tup_read as read from pg_stat_xact_user_tables
      where relname in ('job', 'bill_run', 'bill_batch', 'reconciliation') order by relname`.execute(tx)
    // 1,000 jobs wait, 20 schedules have their last runs, and the failures of 30 days are some 180.
    for (const { table, read } of rows) expect([table, read < 3_000]).toEqual([table, true])
    expect(rows).toHaveLength(4)
    expect(await registry.metrics()).toContain('nightbill_to_be_done{kind="reversal"} 500')
  })
})

test('so are those that tell whether anything is wrong', async () => {
  await world.asOwner((client) =>
    client.query(`${FILL};
      update bill_run set status = 'completed_with_failures' where finished_at > now() - interval '40 hours';
      insert into bill_run (id, bill_group, bill_date, status, schedule_name, scheduled_for, started_at)
        values (gen_random_uuid(), 'g', '2026-02-28', 'running', 'nightly-3', '2026-02-28', now());
      update job set status = 'failed', error_code = 'x', error_message = 'x' where status = 'done' and finished_at > now() - interval '5 hours';
      insert into operations_sample (minute, kind, open, oldest_seconds, done, failed)
        select now() - n * interval '1 minute', 'credit', 0, 1, 1, 0 from generate_series(1, 50000) n;
      analyze`),
  )
  await world.db.transaction().execute(async (tx) => {
    const readiness = { ready: true, database: 'ok', queue: 'ok', migrations: 'ok' } as const
    const facts = await readFacts(tx as unknown as Db, KINDS, { readiness, reconciliation: undefined, schedules: [] })
    expect([facts.openRuns.length, facts.runsWithFailures.length, facts.failedRequests.counts.length]).toEqual([
      1, 5, 1,
    ])
    const { rows } = await sql<{ table: string; read: number }>`
      select relname as table, coalesce(idx_tup_fetch, 0) + seq_tup_read as read from pg_stat_xact_user_tables
      where relname in ('job', 'bill_run', 'bill_batch', 'reconciliation', 'operations_sample') order by relname`.execute(
      tx,
    )
    // Seven days have 10,080 samples of a kind.
    const limits: Readonly<Record<string, number>> = { operations_sample: 12_000 }
    for (const { table, read } of rows)
      expect([table, read < (limits[table] ?? 4_000)], String(read)).toEqual([table, true])
    expect(rows).toHaveLength(5)
  })
})
