import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect } from 'vitest'
import { collectPages } from '../../src/client/collect-pages.ts'
import { type BackendKind, onEachBackend } from '../support/backends.ts'
import { eventually } from '../support/eventually.ts'
import { holdLock } from '../support/held-lock.ts'
import { expectBilledOnce, insertAccounts } from '../support/many-accounts.ts'
import { openStack, type Stack } from '../support/stack.ts'

const BATCH_SIZE = 20

onEachBackend('the story, over HTTP and through the queues', (backend: BackendKind, it) => {
  let stack: Stack
  beforeAll(async () => {
    stack = await openStack({ backend, workers: { relay: 2 }, env: { BILL_BATCH_SIZE: String(BATCH_SIZE) } })
  })
  afterAll(async () => {
    await stack.quiet()
    await stack.expectReconciled()
    await stack.close()
  })

  const bill = async (accountId: string, billDate: string) => {
    const { billRunId } = await stack.client.startBillRun({ accountIds: [accountId], billDate })
    const run = await stack.client.waitForBillRun(billRunId, { timeoutMs: 180_000 })
    const { data } = await stack.client.listInvoices({ accountId, billRunId })
    return { run, invoice: data[0] }
  }
  const charge = (accountId: string, amount: string, chargedOn: string) =>
    stack.client.postCharges([{ accountId, amount, description: 'Usage', chargedOn }])

  it('gives a credit of 50 against charges of 140, disburses it, and reverses it', async () => {
    const { client } = stack
    await client.createAccount({ accountId: 'acme', name: 'Acme Ltd', currency: 'USD' })
    await charge('acme', '140.00', '2026-01-10')
    const accepted = await client.postCredit({
      accountId: 'acme',
      amount: '50',
      reason: 'Goodwill',
      automaticDisbursement: false,
    })
    expect(accepted.status).toBe('queued')
    expect(await client.waitForJob(accepted.jobId, { timeoutMs: 180_000 })).toMatchObject({
      type: 'credit',
      status: 'done',
      error: null,
      result: { creditId: accepted.creditId },
    })
    const { creditId } = accepted
    expect(await client.getCredit(creditId)).toMatchObject({ status: 'pending', invoiceId: null, amountLeft: '50.00' })

    const first = await bill('acme', '2026-01-31')
    expect(first.run).toMatchObject({
      status: 'completed',
      progress: { accounts: 1, billed: 1, nothingToBill: 0, failed: 0 },
      totals: [
        {
          currency: 'USD',
          invoices: 1,
          charged: '140.00',
          creditsIssued: { count: 1, amount: '50.00' },
          disbursed: '0.00',
          creditsReversed: { count: 0, amount: '0.00' },
        },
      ],
    })
    expect(first.invoice).toMatchObject({ totalCharge: '140.00', total: '140.00', balance: '140.00', status: 'unpaid' })
    const invoiceId = first.invoice?.invoiceId as string
    expect(await client.getCredit(creditId)).toMatchObject({ status: 'issued', invoiceId, amountLeft: '50.00' })
    expect((await client.listUnpaidInvoices(creditId)).data.map((one) => one.invoiceId)).toEqual([invoiceId])

    const disbursed = await client.disburse(creditId, { invoiceId, amount: '50' })
    expect(disbursed).toMatchObject({ credit: { amountLeft: '0.00' }, invoice: { balance: '90.00' } })
    await expect(client.deleteCredit(creditId)).rejects.toMatchObject({ status: 409, code: 'credit_already_issued' })

    const reversal = await client.requestReversal(creditId, { reason: 'Given in error' })
    expect(await client.requestReversal(creditId)).toMatchObject({ creditId })
    expect(await client.waitForJob(reversal.jobId, { timeoutMs: 180_000 })).toMatchObject({ status: 'done' })
    expect(await client.getCredit(creditId)).toMatchObject({ status: 'reversal_pending' })

    const second = await bill('acme', '2026-02-28')
    expect(second.invoice).toMatchObject({ totalCharge: '0.00', total: '50.00', balance: '50.00' })
    const whole = await client.getInvoice(second.invoice?.invoiceId as string)
    expect(whole.transactions).toMatchObject([{ type: 'reversed_credit', amount: '50.00', creditId }])
    expect(await client.getCredit(creditId)).toMatchObject({
      status: 'reversed',
      amountLeft: '0.00',
      reversedOnInvoiceId: whole.invoiceId,
    })
    expect(await client.getInvoice(invoiceId)).toMatchObject({ balance: '90.00' })
    expect(await client.getAccount('acme')).toMatchObject({ balance: '140.00', creditLeft: '0.00' })
    await expect(client.requestReversal(creditId)).rejects.toMatchObject({ code: 'credit_already_reversed' })
  })

  it('bills a reversal together with new charges: 140 and 50 make 190; and bills nothing twice', async () => {
    const { client } = stack
    await client.createAccount({ accountId: 'globex', name: 'Globex', currency: 'USD' })
    await charge('globex', '140', '2026-01-10')
    const { creditId, jobId } = await client.postCredit({ accountId: 'globex', amount: '50', reason: 'Goodwill' })
    await client.waitForJob(jobId, { timeoutMs: 180_000 })
    expect((await bill('globex', '2026-01-31')).invoice).toMatchObject({ balance: '90.00' })
    const { jobId: reversalJob } = await client.requestReversal(creditId)
    await client.waitForJob(reversalJob, { timeoutMs: 180_000 })
    await charge('globex', '140', '2026-02-10')
    expect((await bill('globex', '2026-02-28')).invoice).toMatchObject({ totalCharge: '140.00', balance: '190.00' })
    const third = await bill('globex', '2026-02-28')
    expect(third.invoice).toBeUndefined()
    expect(third.run).toMatchObject({ status: 'completed', progress: { accounts: 1, billed: 0, nothingToBill: 1 } })
  })

  it('carries out 1,000 credits sent at once, each once, also when they are sent again', async () => {
    const { client } = stack
    await insertAccounts(stack, 'bulk', 100)
    const credits = Array.from({ length: 1_000 }, (_, index) => ({
      accountId: `bulk-${(index % 100) + 1}`,
      amount: `${index + 1}.25`,
      reason: 'Migration',
      reference: `bulk-${index}`,
    }))
    const answer = await client.postCreditBatch(credits, { idempotencyKey: 'bulk' })
    expect(answer.rejected).toEqual([])
    expect(answer.accepted).toHaveLength(1_000)
    expect(await client.postCreditBatch(credits, { idempotencyKey: 'bulk' })).toEqual(answer)
    expect(await client.postCreditBatch(credits)).toEqual(answer)
    await stack.quiet()
    const { rows } = await sql`
      select count(*) as credits, count(distinct reference) as given, sum(amount)::text as amount, array_agg(distinct status) as states
      from credit where reason = 'Migration'`.execute(stack.db)
    expect(rows).toEqual([{ credits: 1_000, given: 1_000, amount: '500750.00', states: '{pending}' }])
    const job = await client.getJob(answer.accepted[999]?.jobId as string)
    expect(job).toMatchObject({ status: 'done', error: null })
  })

  it('bills all but the accounts that fail, says which and why, and completes when they are mended and tried again', async () => {
    const { client, asOwner } = stack
    await insertAccounts(stack, 'mend', 90)
    await asOwner(`
      create function refuse_some() returns trigger language plpgsql as $$
      begin
        if new.account_id in (select id from account where key in ('mend-7', 'mend-8', 'mend-88')) then
          raise exception 'this account is broken' using errcode = 'check_violation';
        end if;
        return new;
      end $$;
      create trigger refuse_some before insert on invoice for each row execute function refuse_some()`)
    const { billRunId } = await client.startBillRun({ billGroup: 'mend', billDate: '2026-01-31', name: 'Mended' })
    const run = await client.waitForBillRun(billRunId, { timeoutMs: 180_000 })
    expect(run).toMatchObject({
      status: 'completed_with_failures',
      progress: { accounts: 90, billed: 87, nothingToBill: 0, failed: 3 },
    })
    const { data: failures } = await collectPages((page) => client.listBillRunFailures(billRunId, page))
    expect(failures.map(({ accountId }) => accountId)).toEqual(['mend-7', 'mend-8', 'mend-88'])
    for (const failure of failures) {
      expect(failure).toMatchObject({ code: 'database_refused', message: 'this account is broken', attempts: 1 })
    }
    await expectBilledOnce(stack, billRunId, 'mend', { failed: 3 })

    await asOwner('drop trigger refuse_some on invoice; drop function refuse_some')
    await client.retryBillRun(billRunId)
    expect(await client.waitForBillRun(billRunId, { timeoutMs: 180_000 })).toMatchObject({
      status: 'completed',
      progress: { accounts: 90, billed: 90, nothingToBill: 0, failed: 0 },
    })
    expect((await client.listBillRunFailures(billRunId)).data).toEqual([])
    await expectBilledOnce(stack, billRunId, 'mend')
  })

  it('cancels a run in the middle: what is billed stays billed, a batch under way writes nothing more', async () => {
    const { client } = stack
    await insertAccounts(stack, 'cancel', 400)
    const lock = await holdLock(stack.ownerUrl, "select from account where key = 'cancel-390' for update")
    const { billRunId } = await client.startBillRun({ billGroup: 'cancel', billDate: '2026-01-31' })
    // The batch of account 390 stands inside its transaction and waits.
    await eventually(async () => {
      const { progress } = await client.getBillRun(billRunId)
      expect(progress.billed).toBe(400 - BATCH_SIZE)
    })
    expect(await client.cancelBillRun(billRunId)).toMatchObject({ status: 'cancelled' })
    await lock.release()
    await expect(client.cancelBillRun(billRunId)).rejects.toMatchObject({ status: 409, code: 'bill_run_finished' })
    await sleep(500)
    expect(await client.getBillRun(billRunId)).toMatchObject({ status: 'cancelled', progress: { billed: 380 } })
    const { data } = await collectPages((page) => client.listInvoices({ ...page, billRunId }))
    expect(data).toHaveLength(380)

    const next = await client.startBillRun({ billGroup: 'cancel', billDate: '2026-01-31' })
    expect(await client.waitForBillRun(next.billRunId, { timeoutMs: 180_000 })).toMatchObject({
      status: 'completed',
      progress: { accounts: 20, billed: 20 },
    })
  })

  it('makes up a missed tick of a schedule exactly once, with two relays at work', async () => {
    const { client, asOwner, db } = stack
    await insertAccounts(stack, 'nightly', 30)
    await client.putSchedule('nightly', { cron: '0 3 * * *', timezone: 'Europe/London', billGroup: 'nightly' })
    await client.putSchedule('later', { cron: '0 3 * * *', timezone: 'Europe/London', billGroup: 'nightly' })
    await asOwner("update schedule set effective_from = now() - interval '2 days' where name = 'nightly'")
    const runs = () => db.selectFrom('bill_run').selectAll().where('schedule_name', 'is not', null).execute()
    await eventually(async () => expect(await runs()).toHaveLength(1))
    await stack.quiet()
    await sleep(1_500)
    const [run, ...more] = await runs()
    expect(more).toEqual([])
    expect(run).toMatchObject({ schedule_name: 'nightly', bill_group: 'nightly', status: 'completed' })
    await expectBilledOnce(stack, run?.id as string, 'nightly')
    await stack.withQueues(async (queues) => {
      const ticks = await queues.of('schedule-tick').getJobSchedulers()
      expect(ticks.map(({ key }) => key).sort()).toEqual(['later', 'nightly'])
    })
    await client.deleteSchedule('later')
    await client.deleteSchedule('nightly')
  })
})
