import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { inTransaction } from '../../src/db/transaction.ts'
import { recordReconciliation } from '../../src/ledger/reconcile/record-reconciliation.ts'
import { noteProgress, requestReconciliation } from '../../src/ledger/reconcile/request-reconciliation.ts'
import { reconcileDue } from '../../src/work/reconciliations.ts'
import { eventually } from '../support/eventually.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let billRunId: string
let lines: Record<string, unknown>[]
const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) })

beforeEach(async () => {
  lines = []
  world = await openWorld()
  const [account] = await world.accounts([{ charges: ['140'], credits: [{ amount: '50', automatic: true }] }])
  billRunId = await world.billRun({ accounts: [account as never] })
  await recordReconciliation(world.db, { billRunId })
})
afterEach(() => world.close())

const all = () => world.db.selectFrom('reconciliation').selectAll().orderBy('id').execute()
const found = async () => (await all()).filter(({ bill_run_id }) => bill_run_id === null)
const ofRuns = async () =>
  (await all()).flatMap(({ bill_run_id, ok }) => (bill_run_id ? [{ run: bill_run_id, ok }] : []))
const due = (at: string) => reconcileDue(world.db, at, log)
/** HH:MM in UTC, so many minutes from now. Past midnight it is a time of another day, which is as good here. */
const clock = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString().slice(11, 16)
/** As though it had been done so many hours ago. */
const age = (hours: number) =>
  world.asOwner((client) =>
    client.query(
      `update reconciliation set started_at = started_at - interval '${hours} hours' where bill_run_id is null`,
    ),
  )

test('the whole database is reconciled once a day, by one of several that look at the same time', async () => {
  const soon = clock(-5)
  await Promise.all([1, 2, 3, 4].map(() => due(soon)))
  await due(soon)
  expect(await found()).toHaveLength(1)
  expect(lines).toMatchObject([{ level: 30, msg: 'reconciled: everything adds up', rules: expect.any(Number) }])

  await age(24)
  await Promise.all([1, 2, 3, 4].map(() => due(soon)))
  expect(await found()).toHaveLength(2)
})

test('a time that has not come yet is waited for; a day that was missed is made up, once', async () => {
  await due(clock(60))
  expect(await found(), 'never before: at once').toHaveLength(1)
  await age(12)
  await due(clock(60))
  expect(await found(), 'since the time came last').toHaveLength(1)
  await age(36)
  await due(clock(60))
  await due(clock(60))
  expect(await found()).toHaveLength(2)
})

const ask = () => inTransaction(world.db, (tx) => requestReconciliation(tx))
const requestOf = (id: string) =>
  world.db.selectFrom('reconciliation_request').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

test('one that was asked for is done once, though several look at the same time, and serves for the day', async () => {
  const [id = '', same] = await Promise.all([ask(), ask(), ask()])
  expect(same).toBe(id)
  await Promise.all([1, 2, 3, 4].map(() => due(clock(-5))))
  await due(clock(-5))
  const [one, ...others] = await found()
  expect(others).toEqual([])
  const { reconciliation_id, started_at, requested_at, rules, rules_checked } = await requestOf(id)
  expect(reconciliation_id).toBe(one?.id)
  expect(started_at?.getTime()).toBeGreaterThanOrEqual(requested_at.getTime())
  expect([rules > 0, rules_checked]).toEqual([true, rules])
  expect(one).toMatchObject({ invoices: 1, credits: 1 })

  const next = await ask()
  expect(next).not.toBe(id)
  await due(clock(-5))
  expect(await found(), 'asked again, done again, though the day has one').toHaveLength(2)
})

test('its progress can be seen while it runs', async () => {
  const id = await ask()
  await world.asOwner(async (client) => {
    await client.query('begin')
    // The rules wait for this table, so that one is under way for as long as the test looks.
    await client.query('lock table bill_batch_total in access exclusive mode')
    const running = due(clock(-5))
    await eventually(async () => {
      const { rules_checked, rules, started_at } = await requestOf(id)
      expect([rules > 0, rules_checked < rules, started_at !== null]).toEqual([true, true, true])
    })
    expect(await ask(), 'while it runs it is the same').toBe(id)
    await client.query('rollback')
    await running
  })
  expect((await requestOf(id)).reconciliation_id).not.toBeNull()
})

test('one whose process was killed is begun again', async () => {
  const id = await ask()
  await noteProgress(world.db, id, { index: 3, of: 20 })
  await due(clock(-5))
  expect((await requestOf(id)).reconciliation_id).toBe((await found())[0]?.id)
})

test('what was reconciled by command since then needs no other', async () => {
  await recordReconciliation(world.db)
  await due(clock(-5))
  await age(1)
  await recordReconciliation(world.db)
  await due(clock(-5))
  expect(lines).toEqual([])
})

test('what is broken is kept with the rule, how often, and examples, and logged as an error without them', async () => {
  await world.asOwner(async (client) => {
    await client.query('set session_replication_role = replica')
    await client.query('update credit set disbursed = disbursed - 1')
  })
  await due(clock(-5))
  const [one] = await found()
  expect(one).toMatchObject({ ok: false, bill_run_id: null })
  expect(one?.violations).toBeGreaterThan(0)
  expect(one?.report).toContainEqual({
    name: 'credit_left',
    violations: 1,
    examples: [expect.stringMatching(/^credit .*: disbursed 49/)],
  })
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatchObject({ level: 50, reconciliationId: one?.id, violations: one?.violations })
  expect(lines[0]?.broken).toContainEqual({ name: 'credit_left', violations: 1 })
})

test('the rows of a bill run are reconciled when it has ended, once, and again when a retry has ended it again', async () => {
  await recordReconciliation(world.db)
  const [account] = await world.accounts([{ charges: ['7'] }])
  const run = await world.billRun({ accounts: [account as never] })
  await Promise.all([1, 2, 3].map(() => due(clock(-5))))
  await due(clock(-5))
  const before = { run: billRunId, ok: true }
  expect(await ofRuns()).toEqual([before, { run, ok: true }])
  expect(lines).toMatchObject([{ level: 30, billRunId: run, msg: 'reconciled: everything adds up' }])

  await world.asOwner((client) => client.query(`update bill_run set finished_at = now() where id = '${run}'`))
  await due(clock(-5))
  await due(clock(-5))
  expect(await ofRuns()).toEqual([before, { run, ok: true }, { run, ok: true }])
})

test('a bill run whose rows do not add up is found as soon as it has ended, not a day later', async () => {
  await recordReconciliation(world.db)
  const [account] = await world.accounts([{ charges: ['7'] }])
  const run = await world.billRun({ accounts: [account as never] })
  await world.asOwner(async (client) => {
    await client.query('set session_replication_role = replica')
    await client.query(`update invoice set total_charge = 8, total = 8, balance = 8 where bill_run_id = '${run}'`)
  })
  await due(clock(-5))
  expect((await ofRuns()).at(-1)).toEqual({ run, ok: false })
  expect(lines).toMatchObject([{ level: 50, billRunId: run }])
  expect(lines[0]?.broken).toContainEqual({ name: 'invoice_totals', violations: 1 })
})

test('a run that cannot be reconciled keeps neither the others nor the database from it', async () => {
  const runs: string[] = []
  for (const account of await world.accounts([{ charges: ['1'] }, { charges: ['2'] }]))
    runs.push(await world.billRun({ accounts: [account] }))
  await world.asOwner((client) =>
    client.query(`alter table reconciliation add constraint refused check (bill_run_id <> '${runs[0]}')`),
  )
  await expect(due(clock(-5))).rejects.toThrow(/refused/)
  expect(await ofRuns()).toEqual([billRunId, runs[1]].map((run) => ({ run, ok: true })))
  expect(await found()).toHaveLength(1)
})

test('its snapshot is one: work goes on meanwhile, and nothing of it is held against the database', async () => {
  const working = (async () => {
    for (let time = 1; time <= 5; time += 1) {
      const [account] = await world.accounts([{ charges: ['1'], credits: [{ amount: '1', automatic: true }] }])
      await world.billRun({ accounts: [account as never] })
    }
  })()
  for (let time = 1; time <= 5; time += 1) {
    await age(24)
    await due(clock(-5))
  }
  await working
  expect((await found()).every(({ ok }) => ok)).toBe(true)
})
