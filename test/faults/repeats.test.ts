import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect } from 'vitest'
import { onEachBackend } from '../support/backends.ts'
import { eventually } from '../support/eventually.ts'
import { holdLock } from '../support/held-lock.ts'
import { expectProcessed, postCredits } from '../support/intake.ts'
import { BILL_DATE, expectBilledOnce, insertAccounts } from '../support/many-accounts.ts'
import { API_KEY, openStack, type Stack } from '../support/stack.ts'

/** Three batches. */
const ACCOUNTS = 60

onEachBackend('work that is delivered, or waits, as it should not', (backend, it) => {
  let stack: Stack
  beforeAll(async () => {
    stack = await openStack({
      backend,
      workers: { reversal: 0, 'bill-batch': 2, credit: 2, 'bill-run': 1 },
      env: { BILL_BATCH_SIZE: '20', LOCK_TIMEOUT_MS: '500' },
    })
  })
  afterAll(() => stack.close())

  const startRun = async (group: string) =>
    (await stack.client.startBillRun({ billGroup: group, billDate: BILL_DATE })).billRunId

  const batchesOf = async (billRunId: string) => {
    const batches = await stack.asOwner<{ id: string }>(`select id from bill_batch where bill_run_id = '${billRunId}'`)
    return batches.map(({ id }) => id)
  }

  async function expectDone(billRunId: string, group: string): Promise<void> {
    await stack.quiet()
    await expectBilledOnce(stack, billRunId, group)
    await stack.expectReconciled()
  }

  it('each batch to all workers at once, ten times: billed once', async () => {
    await insertAccounts(stack, 'again', ACCOUNTS)
    const held = await holdLock(stack.ownerUrl, 'select from invoice_counter for update')
    const billRunId = await startRun('again')
    try {
      await eventually(async () => expect(await batchesOf(billRunId)).toHaveLength(3))
      await stack.withQueues(async (queues) => {
        for (const billBatchId of await batchesOf(billRunId)) {
          await queues.of('bill-batch').addBulk(
            Array.from({ length: 10 }, (_, time) => ({
              name: 'bill-batch',
              data: { v: 2, ids: [billBatchId] },
              opts: {
                jobId: `${billBatchId}-${time}`,
                attempts: 8,
                backoff: { type: 'fixed', delay: 100 },
                removeOnComplete: true,
              },
            })),
          )
        }
      })
      await eventually(async () => expect((await stack.waitingForLock('bill-batch')).length).toBeGreaterThan(0))
      // Time for the others to take theirs too.
      await sleep(300)
    } finally {
      await held.release()
    }
    await expectDone(billRunId, 'again')
  })

  it('50 identical credits at once with one key: one credit; another body with that key is refused', async () => {
    await insertAccounts(stack, 'same', 1)
    const credit = { accountId: 'same-1', amount: '7', reason: 'The same' }
    const key = randomUUID()
    const post = async (body: object, headers: Readonly<Record<string, string>>) => {
      const authorized = { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json', ...headers }
      const answer = await fetch(`${stack.url}/v1/credits`, {
        method: 'POST',
        headers: authorized,
        body: JSON.stringify(body),
      })
      return { ...((await answer.json()) as { code?: string; creditId?: string }), status: answer.status }
    }
    const fiftyTimes = (body: object, headers: Readonly<Record<string, string>> = {}) =>
      Promise.all(Array.from({ length: 50 }, () => post(body, headers)))

    const answers = await fiftyTimes(credit, { 'idempotency-key': key })
    const accepted = answers.filter(({ status }) => status === 202)
    expect(new Set(accepted.map(({ creditId }) => creditId)).size).toBe(1)
    const others = answers.filter(({ status }) => status !== 202)
    expect(others.every(({ status, code }) => status === 409 && code === 'request_in_flight')).toBe(true)
    expect(await post({ ...credit, amount: '8' }, { 'idempotency-key': key })).toMatchObject({
      status: 422,
      code: 'idempotency_key_reused',
    })

    const referring = await fiftyTimes({ ...credit, reference: 'one' })
    expect(new Set(referring.map(({ status, creditId }) => `${status} ${creditId}`)).size).toBe(1)
    await stack.quiet()
    expect(await stack.asOwner("select from credit where reason = 'The same'")).toHaveLength(2)
  })

  it('50 repeats at once of what was answered before: all get that answer', async () => {
    const credit = { accountId: 'same-1', amount: '7', reason: 'Repeated' }
    const idempotencyKey = randomUUID()
    const first = await stack.client.postCredit(credit, { idempotencyKey })
    const repeats = await Promise.all(
      Array.from({ length: 50 }, () => stack.client.postCredit(credit, { idempotencyKey })),
    )
    expect(new Set(repeats.map(({ creditId }) => creditId))).toEqual(new Set([first.creditId]))
  })

  const deadlocks = async () => {
    const [row] = await stack.asOwner<{ deadlocks: string }>(
      'select deadlocks from pg_stat_database where datname = current_database()',
    )
    return Number(row?.deadlocks)
  }

  it('a deadlock: whoever loses it tries again', async () => {
    await insertAccounts(stack, 'deadlock', ACCOUNTS)
    // Workers lock accounts in order. This takes the last of a batch, lets a worker take the first, and then wants that one too.
    const last = await holdLock(stack.ownerUrl, "select from account where key = 'deadlock-20' for update")
    const billRunId = await startRun('deadlock')
    await eventually(async () => expect((await stack.waitingForLock('bill-batch')).length).toBeGreaterThan(0))
    // With a lock timeout of 500 ms and a deadlock timeout of 1 s, it is the timeout that ends it, again and again.
    await sleep(1_000)
    await last.release()
    await expectDone(billRunId, 'deadlock')

    const before = await deadlocks()
    await stack.asOwner(`alter database "${new URL(stack.ownerUrl).pathname.slice(1)}" set deadlock_timeout = '10ms'`)
    await insertAccounts(stack, 'circle', ACCOUNTS)
    // The owner's transaction waits in a function for its second lock while it holds the first, until the circle is broken for it.
    const both = holdLock(
      stack.ownerUrl,
      `do $$ begin
         perform from account where key = 'circle-20' for update;
         for time in 1..200 loop
           exit when exists (select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid)));
           perform pg_sleep(0.02);
         end loop;
         perform from account where key = 'circle-1' for update;
       end $$`,
    )
    const circle = await startRun('circle')
    const held = await both.catch(() => undefined)
    await held?.release()
    await expectDone(circle, 'circle')
    await eventually(async () => expect(await deadlocks()).toBeGreaterThan(before))
    // A deadlock is no crash, and does not count as one.
    expect(
      await stack.asOwner(`select from bill_batch where bill_run_id = '${circle}' and cardinality(begun_by) > 1`),
    ).toEqual([])
  })

  it('payloads of versions that are not known: set aside with a reason, and what is durable is done all the same', async () => {
    await insertAccounts(stack, 'newer', ACCOUNTS)
    const workers = [...stack.running('bill-batch'), ...stack.running('credit'), ...stack.running('bill-run')]
    // The newer version's wake-ups take the very ids that those of this version would have.
    const held = await holdLock(stack.ownerUrl, 'lock table bill_batch in share row exclusive mode')
    const billRunId = await startRun('newer')
    await sleep(300)
    await stack.withQueues(async (queues) => {
      const add = (name: string, data: object, jobId: string) => queues.of(name).add(name, data, { jobId })
      await add('bill-run', { v: 3, ids: [billRunId], hurry: true }, `${billRunId}-2`)
      await add('bill-batch', { v: 3, batches: [randomUUID()] }, randomUUID())
      await add('bill-batch', 'nonsense' as never, `n-${randomUUID()}`)
      await add('credit', { v: 2, ids: [] }, randomUUID())
      await add('credit', { v: 'two', ids: [randomUUID()] }, randomUUID())
    })
    await held.release()
    await eventually(async () => expect(await batchesOf(billRunId)).toHaveLength(3))
    await stack.withQueues(async (queues) => {
      for (const billBatchId of await batchesOf(billRunId)) {
        await queues.of('bill-batch').add('bill-batch', { v: 3, ids: [billBatchId] }, { jobId: billBatchId })
      }
    })
    const accepted = await postCredits(stack.client, { group: 'newer', accounts: 20, credits: 20 })
    await expectDone(billRunId, 'newer')
    await expectProcessed(stack, accepted)
    const said = workers.flatMap(({ stdout }) => stdout).filter((line) => line.includes('set aside'))
    expect(said.length).toBeGreaterThanOrEqual(5)
    // None of the workers has gone.
    for (const worker of workers) expect(stack.running(worker.name)).toContain(worker)
  })

  it('a batch whose only wake-up is of a newer version is billed by this one', async () => {
    await insertAccounts(stack, 'older', ACCOUNTS)
    // No worker of this version selects: a newer one has, and has woken in its own manner.
    for (const worker of stack.running('bill-run')) await stack.end(worker, 'SIGTERM')
    const billRunId = await startRun('older')
    await stack.asOwner(`
      insert into bill_batch (id, bill_run_id, account_ids)
        select gen_random_uuid(), '${billRunId}', array_agg(id) from account where bill_group = 'older' group by id % 3;
      update bill_run set status = 'running', started_at = now(), selected_all = true where id = '${billRunId}'`)
    await stack.withQueues(async (queues) => {
      for (const billBatchId of await batchesOf(billRunId)) {
        await queues.of('bill-batch').add('bill-batch', { v: 3, ids: [billBatchId] }, { jobId: billBatchId })
      }
    })
    await expectDone(billRunId, 'older')
    stack.start('bill-run')
  })
})
