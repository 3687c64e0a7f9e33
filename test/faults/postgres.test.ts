import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect } from 'vitest'
import { migrate } from '../../src/db/migrate.ts'
import { openDb } from '../../src/db/open.ts'
import { admitLogin } from '../../src/db/service-login.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { startEmbeddedPostgres } from '../../src/embedded-postgres/start.ts'
import { describeAlongside, onEachBackend } from '../support/backends.ts'
import { makeDataFolder, removeDataFolder } from '../support/data-folder.ts'
import { execute, openTestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { openFlakyProxy } from '../support/flaky-proxy.ts'
import { expectProcessed, postCredits } from '../support/intake.ts'
import { BILL_DATE, expectBilledOnce, insertAccounts } from '../support/many-accounts.ts'
import { expectWithin } from '../support/promised.ts'
import { openStack, type Stack } from '../support/stack.ts'

const entries = ['api', 'credit', 'bill-batch'] as const

onEachBackend('every connection to Postgres terminated, again and again', (backend, it) => {
  let stack: Stack
  beforeAll(async () => {
    stack = await openStack({
      backend,
      workers: { reversal: 0, credit: 1, 'bill-batch': 1 },
      env: { BILL_BATCH_SIZE: '10' },
    })
  })
  afterAll(() => stack.close())

  it('costs time only: no account fails, none is billed twice, every 202 is carried out', async () => {
    await insertAccounts(stack, 'ended', 1_500)
    const { billRunId } = await stack.client.startBillRun({ billGroup: 'ended', billDate: BILL_DATE })
    const posting = postCredits(stack.client, { group: 'ended', accounts: 50, credits: 150, atOnce: 5 })
    for (let time = 1; time <= 25; time += 1) {
      await stack.asOwner(`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and application_name <> 'test'`)
      await sleep(50 + Math.random() * 150)
    }
    // No process has gone with its connections.
    expect(entries.flatMap((name) => stack.running(name))).toHaveLength(entries.length)
    const accepted = await posting
    expect(accepted.length).toBeGreaterThan(0)
    await stack.quiet()
    await expectBilledOnce(stack, billRunId, 'ended')
    await expectProcessed(stack, accepted)
    await stack.expectReconciled()
  })
})

describeAlongside('a connection that is terminated while its transaction stands between two statements', (it) => {
  it('fails that transaction, which is tried again, and not the process', async () => {
    const database = await openTestDatabase()
    const db = openDb({
      url: database.url,
      max: 1,
      name: 'between',
      statementTimeoutMs: 5_000,
      lockTimeoutMs: 5_000,
      onIdleError: () => {},
    })
    let tries = 0
    const answer = await inTransaction(db, async (tx) => {
      tries += 1
      await sql`select 1`.execute(tx)
      if (tries === 1) {
        await execute(
          database.url,
          "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'between'",
        )
        await sleep(200)
      }
      const { rows } = await sql<{ answer: number }>`select 42 as answer`.execute(tx)
      return rows[0]?.answer
    })
    expect([answer, tries]).toEqual([42, 2])
    await db.destroy()
    await database.drop()
  })
})

describeAlongside('Postgres stopped at once (immediate) and started again', (it) => {
  it('goes on within 10 s of its being up, with everything that was answered', async () => {
    const dataDir = await makeDataFolder()
    const start = () => startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } })
    let postgres = await start()
    const proxy = await openFlakyProxy(postgres.url)
    await migrate(postgres.ownerUrl)
    await admitLogin(postgres.ownerUrl, postgres.url)
    // The addresses that stay: the embedded Postgres takes another port each time.
    const database = {
      url: proxy.through(postgres.url),
      ownerUrl: proxy.through(postgres.ownerUrl),
      drop: async () => {},
    }
    const stack = await openStack({
      backend: 'postgres',
      database,
      workers: { reversal: 0 },
      env: { BILL_BATCH_SIZE: '10' },
    })
    try {
      await insertAccounts(stack, 'stopped', 2_000)
      const { billRunId } = await stack.client.startBillRun({ billGroup: 'stopped', billDate: BILL_DATE })
      const posting = postCredits(stack.client, { group: 'stopped', accounts: 50, credits: 100, atOnce: 5 })
      await eventually(
        async () => expect((await stack.client.getBillRun(billRunId)).progress.billed).toBeGreaterThan(0),
        { intervalMs: 10 },
      )
      expect((await stack.open()).batches).toBeGreaterThan(0)
      process.kill(postgres.pid, 'SIGQUIT')
      await postgres.stop()
      const away = await fetch(`${stack.url}/readyz`)
      expect(away.status).toBe(503)
      postgres = await start()
      proxy.pointTo(postgres.url)
      const doneBefore = (await stack.asOwner("select from bill_batch where status = 'done'")).length
      await expectWithin(10_000, () =>
        eventually(async () =>
          expect((await stack.asOwner("select from bill_batch where status = 'done'")).length).toBeGreaterThan(
            doneBefore,
          ),
        ),
      )
      const accepted = await posting
      await stack.quiet()
      await expectBilledOnce(stack, billRunId, 'stopped')
      await expectProcessed(stack, accepted)
      await stack.expectReconciled()
    } finally {
      await stack.close()
      await proxy.close()
      await postgres.stop()
      await removeDataFolder(dataDir)
    }
  })
})
