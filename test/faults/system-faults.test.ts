import { afterAll, beforeAll, expect } from 'vitest'
import { KINDS } from '../../src/work/kinds.ts'
import { onEachBackend } from '../support/backends.ts'
import { eventually } from '../support/eventually.ts'
import { holdLock } from '../support/held-lock.ts'
import { expectProcessed, postCredits } from '../support/intake.ts'
import { BILL_DATE, expectBilledOnce, insertAccounts } from '../support/many-accounts.ts'
import { openStack, type Stack } from '../support/stack.ts'

/** Causes a fault, and returns how to end it. */
type SystemFault = (stack: Stack) => Promise<() => Promise<unknown>>

const byStatement =
  (begin: string, mend: string): SystemFault =>
  async ({ asOwner }) => {
    await asOwner(begin)
    return () => asOwner(mend)
  }

/** Makes every insert of a credit or an invoice fail with this SQLSTATE. */
const byErrorCode = (code: string): SystemFault =>
  byStatement(
    `create function in_trouble() returns trigger language plpgsql as $$
       begin raise exception 'in trouble' using errcode = '${code}'; end $$;
     create trigger in_trouble before insert on credit for each row execute function in_trouble();
     create trigger in_trouble before insert on invoice for each row execute function in_trouble()`,
    'drop trigger in_trouble on credit; drop trigger in_trouble on invoice; drop function in_trouble',
  )

const FAULTS: readonly (readonly [what: string, shown: RegExp, fault: SystemFault])[] = [
  [
    'a right revoked',
    /permission denied/,
    byStatement(
      'revoke insert on credit, invoice from nightbill_service',
      'grant insert on credit, invoice to nightbill_service',
    ),
  ],
  [
    'a table missing',
    /does not exist/,
    byStatement('alter table credit rename to mislaid', 'alter table mislaid rename to credit'),
  ],
  ['the disk full', /in trouble/, byErrorCode('53100')],
  ['too many connections', /in trouble/, byErrorCode('53300')],
  ['an error never seen before', /in trouble/, byErrorCode('ZZ999')],
  [
    'a table locked',
    /lock timeout/,
    async ({ ownerUrl }) => {
      const held = await holdLock(ownerUrl, 'lock table credit, invoice in access exclusive mode')
      return () => held.release()
    },
  ],
]

onEachBackend('a system fault', (backend, it) => {
  let stack: Stack
  beforeAll(async () => {
    const env = { LOCK_TIMEOUT_MS: '150', BILL_BATCH_SIZE: '10' }
    stack = await openStack({ backend, workers: { reversal: 0 }, env })
  })
  afterAll(() => stack.close())

  for (const [index, [what, shown, cause]] of FAULTS.entries()) {
    it(`${what}, for long: nothing is failed, the reason is shown, and all is carried out once it is mended`, async () => {
      const group = `system-${index}`
      await insertAccounts(stack, group, 30)
      const mend = await cause(stack)
      const before = { credits: givenUp('credit'), runs: givenUp('bill-run', 'bill-batch') }
      let accepted: Awaited<ReturnType<typeof postCredits>> = []
      let billRunId = ''
      try {
        accepted = await postCredits(stack.client, { group, accounts: 30, credits: 6, atOnce: 2 })
        expect(accepted).toHaveLength(6)
        billRunId = (await stack.client.startBillRun({ billGroup: group, billDate: BILL_DATE })).billRunId
        await eventually(
          async () => {
            await tryAtOnce()
            expect(givenUp('credit') - before.credits).toBeGreaterThan(3)
            // Where accounts cannot even be selected there is no batch.
            expect(givenUp('bill-run', 'bill-batch') - before.runs).toBeGreaterThan(3)
          },
          { timeoutMs: 120_000, intervalMs: 200 },
        )
        expect(await failed()).toEqual({ jobs: 0, batches: 0 })
        const job = await stack.client.getJob(accepted[0]?.jobId as string)
        expect(job).toMatchObject({ status: expect.stringMatching(/queued|active/), error: null })
        expect(job.trouble?.reason).toMatch(shown)
        expect(Date.parse(job.trouble?.since ?? '')).toBeLessThanOrEqual(Date.now())
        expect((await stack.client.getBillRun(billRunId)).trouble?.reason).toMatch(shown)
      } finally {
        await mend()
      }
      await eventually(
        async () => {
          await tryAtOnce()
          expect(await stack.open()).toEqual({ jobs: 0, batches: 0, runs: 0 })
        },
        { timeoutMs: 60_000, intervalMs: 200 },
      )
      await expectProcessed(stack, accepted)
      expect(await failed()).toEqual({ jobs: 0, batches: 0 })
      expect(await stack.client.getJob(accepted[0]?.jobId as string)).toMatchObject({ trouble: null })
      expect(await stack.client.getBillRun(billRunId)).toMatchObject({ status: 'completed', trouble: null })
      await expectBilledOnce(stack, billRunId, group)
      await stack.expectReconciled()
    })
  }

  /** How many jobs the queue has given up so far, by the log of the relay. */
  const givenUp = (...kinds: readonly string[]) =>
    (stack.running('relay')[0]?.stdout ?? []).filter(
      (line) => line.includes('removed a failed job') && kinds.some((kind) => line.includes(`"job":"${kind}"`)),
    ).length

  /** Makes everything due that waits for its next attempt, so that the test need not wait for minutes. */
  const tryAtOnce = () =>
    stack.withQueues(async (queues) => {
      for (const { name } of KINDS)
        for (const job of await queues.of(name).getDelayed()) await job.promote().catch(() => {})
      const OPEN = { job: "status = 'queued'", bill_batch: "status = 'open'", bill_run: 'finished_at is null' }
      for (const [table, isOpen] of Object.entries(OPEN))
        await stack.asOwner(
          `update ${table} set woken_at = '-infinity' where ${isOpen} and woken_at < now() - interval '2 s'`,
        )
    })

  const failed = async () =>
    (
      await stack.asOwner<{ jobs: number; batches: number }>(
        `select (select count(*) from job where status = 'failed')::int as jobs,
           (select count(*) from bill_batch where status = 'failed')::int as batches`,
      )
    )[0]
})
