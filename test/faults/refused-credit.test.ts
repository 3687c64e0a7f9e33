import { afterAll, beforeAll, expect } from 'vitest'
import { onEachBackend } from '../support/backends.ts'
import { eventually } from '../support/eventually.ts'
import { expectProcessed, postCredits } from '../support/intake.ts'
import { insertAccounts } from '../support/many-accounts.ts'
import { openStack, type Stack } from '../support/stack.ts'

onEachBackend('a credit that cannot be recorded, whatever is tried', (backend, it) => {
  let stack: Stack
  beforeAll(async () => {
    stack = await openStack({ backend, workers: { reversal: 0, 'bill-run': 0, 'bill-batch': 0 } })
    await insertAccounts(stack, 'refused', 20)
    await stack.asOwner(`
      create function refuse_credit() returns trigger language plpgsql as $$
      begin raise exception 'there is no place for %', new.reason using errcode = 'check_violation'; end $$`)
    await stack.asOwner(`
      create function no_room() returns trigger language plpgsql as $$
      begin raise exception 'no room for it at present' using errcode = 'disk_full'; end $$`)
    await stack.asOwner(
      `create trigger refuse_credit before insert on credit for each row when (new.reason = 'Poison') execute function refuse_credit()`,
    )
  })
  afterAll(() => stack.close())

  it('is tried for as long as the reason passes, and is carried out then', async () => {
    await stack.asOwner(`
      create trigger shortage before insert on credit for each row when (new.reason = 'In need') execute function no_room()`)
    const { jobId } = await stack.client.postCredit({ accountId: 'refused-1', amount: '3', reason: 'In need' })
    const [relay] = stack.running('relay')
    const givenUp = () => (relay?.stdout ?? []).filter((line) => line.includes('removed a failed job'))
    await eventually(
      async () => {
        await tryAtOnce()
        expect(givenUp().length).toBeGreaterThan(4)
      },
      { timeoutMs: 180_000, intervalMs: 100 },
    )
    expect(await stack.client.getJob(jobId)).toMatchObject({
      status: expect.stringMatching(/queued|active/),
      error: null,
    })
    await stack.asOwner('drop trigger shortage on credit')
    await eventually(async () => {
      await tryAtOnce()
      expect(await stack.client.getJob(jobId)).toMatchObject({ status: 'done' })
    })
  })

  /** Tries what waits for its next try now: minutes pass in a moment. */
  const tryAtOnce = () =>
    stack.withQueues(async (queues) => {
      for (const job of await queues.of('credit').getDelayed()) await job.promote().catch(() => {})
    })

  it('ends as failed with the reason at once when its own data is refused; those beside it are carried out', async () => {
    const alone = await postCredits(stack.client, { group: 'refused', accounts: 20, credits: 30, atOnce: 4 })
    const credits = Array.from({ length: 20 }, (_, n) => ({
      accountId: `refused-${n + 1}`,
      amount: '7.00',
      reason: n === 11 ? 'Poison' : 'In a batch',
    }))
    const { accepted } = await stack.client.postCreditBatch(credits)
    const poison = accepted[11]?.jobId as string
    await stack.quiet()
    await expectProcessed(stack, [...alone, ...accepted.filter(({ jobId }) => jobId !== poison)])
    const job = await stack.client.getJob(poison)
    expect(job).toMatchObject({
      status: 'failed',
      error: { code: 'database_refused', message: 'there is no place for Poison' },
    })
    expect(await stack.asOwner("select from credit where reason = 'Poison'")).toEqual([])

    // Not mended: it fails again. Mended: it is carried out.
    await stack.client.retryJob(poison, { reason: 'Is it mended?' })
    await stack.quiet()
    expect(await stack.client.getJob(poison)).toMatchObject({ status: 'failed', error: { code: 'database_refused' } })
    await stack.asOwner('drop trigger refuse_credit on credit')
    const retried = await stack.client.retryJob(poison, { reason: 'It is mended' })
    expect(retried).toMatchObject({ jobId: poison, status: 'queued', attempts: 0, error: null, finishedAt: null })
    await stack.quiet()
    await expectProcessed(stack, [...alone, ...accepted])
    await stack.expectReconciled()
  })
})
