import { afterAll, beforeAll, expect } from 'vitest'
import { recordReconciliation } from '../../src/ledger/reconcile/record-reconciliation.ts'
import { onEachBackend } from '../support/backends.ts'
import { eventually } from '../support/eventually.ts'
import { holdLock } from '../support/held-lock.ts'
import { postCredits } from '../support/intake.ts'
import { BILL_DATE, insertAccounts } from '../support/many-accounts.ts'
import { readMetrics } from '../support/read-metrics.ts'
import { openStack, type Stack } from '../support/stack.ts'

const WITHIN = { timeoutMs: 60_000, intervalMs: 200 }

onEachBackend('the metrics', (backend, it) => {
  let stack: Stack
  beforeAll(async () => {
    const workers = { credit: 0, reversal: 0, 'bill-batch': 0, relay: 0 }
    stack = await openStack({ backend, workers, env: { LOCK_TIMEOUT_MS: '500', BILL_BATCH_SIZE: '50' } })
    await insertAccounts(stack, 'watched', 100)
  })
  afterAll(() => stack.close())

  const metric = async (name: string, labels: string) => (await readMetrics(stack.url))[`nightbill_${name}{${labels}}`]
  const now = () => Date.now() / 1_000

  it('show nothing, rather than a 0 that looks well, of what never was', async () => {
    const shown = Object.keys(await readMetrics(stack.url))
    for (const name of ['reconcile', 'bill_run_last', 'work_last_taken'])
      expect(shown.filter((one) => one.startsWith(`nightbill_${name}`))).toEqual([])
    expect(await metric('work_taken_total', 'kind="credit"')).toBe(0)
    expect(await metric('oldest_to_be_done_seconds', 'kind="credit"')).toBe(0)
  })

  it('show how long work waits, when it is taken, its troubles and its retries', async () => {
    const [credit] = await postCredits(stack.client, { group: 'watched', accounts: 1, credits: 1 })
    await eventually(
      async () => expect(await metric('oldest_to_be_done_seconds', 'kind="credit"')).toBeGreaterThan(1),
      WITHIN,
    )
    const held = await holdLock(stack.ownerUrl, `select from job where id = '${credit?.jobId}' for update`)
    stack.start('credit')
    await eventually(
      async () => expect(await metric('work_troubles_total', 'kind="credit"')).toBeGreaterThan(0),
      WITHIN,
    )
    await held.release()
    await stack.quiet()
    await eventually(async () => {
      const taken = (await metric('work_taken_total', 'kind="credit"')) as number
      const retries = (await metric('work_retries_total', 'kind="credit"')) as number
      expect(retries).toBeGreaterThan(0)
      expect(taken).toBeGreaterThan(retries)
    }, WITHIN)
    const takenAt = (await metric('work_last_taken_timestamp_seconds', 'kind="credit"')) as number
    expect(now() - takenAt).toBeLessThan(60)
    expect(takenAt).toBeLessThan(now() + 1)
    expect(await metric('oldest_to_be_done_seconds', 'kind="credit"')).toBe(0)
  })

  it('show that a worker was lost and its work taken over, and how the run ended', async () => {
    const lock = await holdLock(stack.ownerUrl, 'select from invoice_counter for update')
    const { billRunId } = await stack.client.startBillRun({ billGroup: 'watched', billDate: BILL_DATE })
    const worker = stack.start('bill-batch')
    await eventually(async () => expect((await stack.waitingForLock('bill-batch')).length).toBeGreaterThan(0), WITHIN)
    expect(await metric('oldest_to_be_done_seconds', 'kind="bill-run"')).toBeGreaterThan(0)
    expect(await metric('oldest_to_be_done_seconds', 'kind="bill-batch"')).toBeGreaterThan(0)
    await stack.end(worker, 'SIGKILL')
    await lock.release()
    stack.start('bill-batch')
    const run = await stack.client.waitForBillRun(billRunId, { timeoutMs: 60_000 })
    await eventually(
      async () => expect(await metric('work_takeovers_total', 'kind="bill-batch"')).toBeGreaterThan(0),
      WITHIN,
    )
    const ended = Date.parse(run.finishedAt as string) / 1_000
    expect(await metric('bill_run_last_end_timestamp_seconds', 'schedule=""')).toBeCloseTo(ended, 2)
    expect(await metric('bill_run_last_success_timestamp_seconds', 'schedule=""')).toBeCloseTo(ended, 2)
    expect(await metric('bill_run_last_failed_accounts', 'schedule=""')).toBe(0)
    const took = ended - Date.parse(run.startedAt as string) / 1_000
    expect(await metric('bill_run_last_duration_seconds', 'schedule=""')).toBeCloseTo(took, 2)
  })

  it('show a run with failures as no success, and by its schedule', async () => {
    await stack.asOwner(`
      insert into bill_run (id, name, bill_group, bill_date, status, selected_all, schedule_name, scheduled_for, started_at, finished_at)
        values (gen_random_uuid(), 'x', 'x', '2026-01-31', 'completed_with_failures', true, 'nightly', '2026-01-31', now(), now());
      insert into schedule (name, cron, timezone, bill_group, enabled) values ('nightly', '0 2 * * *', 'UTC', 'x', false)`)
    const [all, nightly] = ['schedule=""', 'schedule="nightly"']
    const ended = await metric('bill_run_last_end_timestamp_seconds', all)
    expect(await metric('bill_run_last_end_timestamp_seconds', nightly)).toBe(ended)
    expect(await metric('bill_run_last_success_timestamp_seconds', all)).toBeLessThan(ended as number)
    expect(await metric('bill_run_last_success_timestamp_seconds', nightly)).toBeUndefined()
  })

  it('show which bill runs are to be reconciled, and which of them do not add up', async () => {
    const runs = async () => {
      const { nightbill_bill_runs_unreconciled: unreconciled, nightbill_bill_runs_broken: broken } = await readMetrics(
        stack.url,
      )
      return { unreconciled, broken }
    }
    const { data } = await stack.client.listBillRuns()
    const [good, bad] = [data.find(({ name }) => name === null), data.find(({ name }) => name !== null)]
    expect(await runs()).toEqual({ unreconciled: 2, broken: 0 })
    await recordReconciliation(stack.db, { billRunId: good?.billRunId as string })
    expect(await metric('reconcile_ok', 'scope="bill_run"')).toBe(1)
    // That run was put in by hand: it says that it has failures, and has no batches.
    await recordReconciliation(stack.db, { billRunId: bad?.billRunId as string })
    expect(await runs()).toEqual({ unreconciled: 0, broken: 1 })
    expect(await metric('reconcile_ok', 'scope="bill_run"')).toBe(0)
    expect(await metric('reconcile_ok', 'scope="database"')).toBeUndefined()
  })

  it('show when it was reconciled, and what was found', async () => {
    await recordReconciliation(stack.db)
    expect(now() - ((await metric('reconciled_timestamp_seconds', 'scope="database"')) as number)).toBeLessThan(60)
    // The run that was put in by hand has no batches.
    const violations = (await metric('reconcile_violations', 'scope="database"')) as number
    expect(await metric('reconcile_ok', 'scope="database"')).toBe(violations === 0 ? 1 : 0)
    await stack.asOwner(
      'set session_replication_role = replica; update credit set disbursed = disbursed - 1 where disbursed > 0',
    )
    await recordReconciliation(stack.db)
    expect(await metric('reconcile_ok', 'scope="database"')).toBe(0)
    expect(await metric('reconcile_violations', 'scope="database"')).toBeGreaterThan(violations)
  })
})
