import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect } from 'vitest'
import { onEachBackend } from '../support/backends.ts'
import { eventually } from '../support/eventually.ts'
import { holdLock } from '../support/held-lock.ts'
import { BILL_DATE, expectBilledOnce, insertAccounts } from '../support/many-accounts.ts'
import { expectWithin } from '../support/promised.ts'
import { openStack, type Stack } from '../support/stack.ts'

const BATCH_SIZE = 50
/** What is promised for the fast profile, and for the other worker to start and to bill what is left. */
const TAKEN_OVER_AND_BILLED_MS = 20_000

/** Where the worker stands when it is killed, by a lock that it waits for there. */
const PLACES = [
  { where: 'before its transaction', lock: "select from bill_batch where status = 'open' for update" },
  {
    where: 'at the beginning of its transaction',
    lock: 'select from account where id in (select unnest(account_ids) from bill_batch where status = $$open$$) for update',
  },
  {
    where: 'at the end of its transaction, when all but the invoices is written',
    lock: 'select from invoice_counter for update',
  },
] as const

onEachBackend('a bill-batch worker killed (SIGKILL) in the middle of a run', (backend, it) => {
  let stack: Stack
  beforeAll(async () => {
    stack = await openStack({
      backend,
      workers: { credit: 0, reversal: 0, 'bill-batch': 0 },
      env: { BILL_BATCH_SIZE: String(BATCH_SIZE) },
    })
  })
  afterAll(() => stack.close())

  /** A run whose batches wait for a worker. */
  async function startRun(group: string, accounts: number): Promise<string> {
    await insertAccounts(stack, group, accounts)
    const { billRunId } = await stack.client.startBillRun({ billGroup: group, billDate: BILL_DATE })
    await eventually(async () => {
      expect((await stack.open()).batches).toBe(accounts / BATCH_SIZE)
    })
    return billRunId
  }

  async function expectTakenOver(billRunId: string, group: string): Promise<void> {
    const other = await expectWithin(TAKEN_OVER_AND_BILLED_MS, async () => {
      const started = stack.start('bill-batch')
      await stack.quiet()
      return started
    })
    await expectBilledOnce(stack, billRunId, group)
    await stack.expectReconciled()
    await stack.end(other, 'SIGTERM')
  }

  for (const [index, { where, lock }] of PLACES.entries()) {
    it(where, async () => {
      const group = `place-${index}`
      const billRunId = await startRun(group, 500)
      const held = await holdLock(stack.ownerUrl, lock)
      const worker = stack.start('bill-batch')
      await eventually(async () => expect((await stack.waitingForLock('bill-batch')).length).toBeGreaterThan(0))
      await stack.end(worker, 'SIGKILL')
      await held.release()
      await expectTakenOver(billRunId, group)
    })
  }

  it('after its COMMIT, before the queue knows that the job is done', async () => {
    const billRunId = await startRun('after', 3_000)
    await stack.asOwner(`
      create function tell() returns trigger language plpgsql as $$ begin perform pg_notify('billed', new.id::text); return null; end $$;
      create trigger tell after update of status on bill_batch for each row when (new.status = 'done') execute function tell()`)
    // A notification is sent at COMMIT: at that very moment the worker is killed. It may be quicker with its reply to the queue.
    let atTheRightMoment = false
    for (let kills = 1; !atTheRightMoment && kills <= 10; kills += 1) {
      const billed = await nextBilled(stack.ownerUrl)
      const worker = stack.start('bill-batch')
      const batchId = await billed(() => worker.signal('SIGKILL'))
      await worker.exited
      await sleep(100)
      const job = await stack.withQueues((queues) => queues.of('bill-batch').getJob(batchId))
      atTheRightMoment = job !== undefined && job !== null
    }
    expect(atTheRightMoment).toBe(true)
    expect((await stack.open()).batches).toBeGreaterThan(0)
    await expectTakenOver(billRunId, 'after')
  })
})

/** Listens; then calls back the moment that the next batch is billed, and gives its id. */
async function nextBilled(databaseUrl: string): Promise<(act: () => void) => Promise<string>> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query('listen billed')
  return async (act) => {
    const batchId = await new Promise<string>((resolve) => {
      client.once('notification', ({ payload }) => {
        act()
        resolve(payload as string)
      })
    })
    await client.end()
    return batchId
  }
}
