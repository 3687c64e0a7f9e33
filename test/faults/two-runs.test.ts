import { afterAll, beforeAll, expect } from 'vitest'
import { onEachBackend } from '../support/backends.ts'
import { BILL_DATE, insertAccounts } from '../support/many-accounts.ts'
import { newSeed } from '../support/random.ts'
import { callRandomly, owedNow } from '../support/random-callers.ts'
import { openStack, type Stack } from '../support/stack.ts'

const ACCOUNTS = 60

onEachBackend('bill runs at once over the same accounts, while all kinds of calls come in', (backend, it) => {
  let stack: Stack
  beforeAll(async () => {
    stack = await openStack({ backend, workers: { 'bill-batch': 2 }, env: { BILL_BATCH_SIZE: '7' } })
  })
  afterAll(() => stack.close())

  const seed = newSeed()
  it(`end with what the model says (TEST_SEED=${seed})`, async () => {
    const { client } = stack
    await insertAccounts(stack, 'both', ACCOUNTS)
    const start = await owedNow(client)
    const accountIds = [...start.keys()]
    let calling = true
    const runs = async () => {
      while (calling) {
        const started = await Promise.all([
          client.startBillRun({ billGroup: 'both', billDate: BILL_DATE }),
          client.startBillRun({ accountIds, billDate: BILL_DATE }),
        ])
        for (const { billRunId } of started) {
          expect(await client.waitForBillRun(billRunId, { timeoutMs: 180_000 })).toMatchObject({ status: 'completed' })
        }
      }
    }
    const running = runs()
    const changed = await callRandomly(client, { seed, accountIds, calls: 80, callers: 6 }).finally(() => {
      calling = false
    })
    await running
    await stack.quiet()
    const last = await client.startBillRun({ billGroup: 'both', billDate: BILL_DATE })
    expect(await client.waitForBillRun(last.billRunId, { timeoutMs: 180_000 })).toMatchObject({ status: 'completed' })

    // Each account came with one charge, and every third with a credit of 30, of which nothing was billed at the start.
    const [given] = await stack.asOwner<{ owed: string[] }>(`
      select array_agg(key || ' ' || ((select sum(amount) from charge where account_id = account.id and description = 'a charge')
        - coalesce((select sum(amount) from credit where account_id = account.id and reason = 'a credit'), 0))) as owed from account`)
    const owedAtStart = new Map(
      (given?.owed ?? [])
        .map((one) => one.split(' ') as [string, string])
        .map(([key, amount]) => [key, Math.round(Number(amount) * 100)]),
    )
    const model = new Map(accountIds.map((id) => [id, (owedAtStart.get(id) ?? 0) + (changed.get(id) ?? 0)]))
    expect(await owedNow(client)).toEqual(model)
    const kinds = await stack.asOwner<{ status: string }>('select distinct status from credit')
    expect(kinds.map(({ status }) => status)).toEqual(expect.arrayContaining(['issued', 'reversed']))
    expect((await stack.asOwner('select from disbursement where not automatic')).length).toBeGreaterThan(0)
    await stack.expectReconciled()
  })
})
