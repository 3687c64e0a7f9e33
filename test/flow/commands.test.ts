import { userInfo } from 'node:os'
import { afterAll, beforeAll, expect } from 'vitest'
import { describeAlongside } from '../support/backends.ts'
import { insertAccounts } from '../support/many-accounts.ts'
import { startProcess } from '../support/processes.ts'
import { API_KEY, openStack, type Stack } from '../support/stack.ts'

describeAlongside('the nightbill command, as a person or a scheduler uses it', (it) => {
  let stack: Stack
  beforeAll(async () => {
    stack = await openStack({ backend: 'postgres' })
    await stack.client.createAccount({ accountId: 'acme', name: 'Acme Ltd', currency: 'USD' })
    await stack.client.postCharges([
      { accountId: 'acme', amount: '140', description: 'Usage', chargedOn: '2026-01-10' },
    ])
  })
  afterAll(() => stack.close())

  async function nightbill(...args: readonly string[]) {
    const command = startProcess(['src/cli.ts', ...args], {
      NIGHTBILL_URL: stack.url,
      NIGHTBILL_API_KEY: API_KEY,
      DATABASE_URL: stack.databaseUrl,
    })
    const { code } = await command.exited
    return { code, out: command.stdout.join('\n'), err: command.stderr.join('\n') }
  }
  /** A command that must succeed, and what it answers. */
  async function answerOf(...args: readonly string[]) {
    const { code, out, err } = await nightbill(...args, '--json')
    expect(code, err).toBe(0)
    return JSON.parse(out)
  }

  it('credit add, list, disburse, reverse, unreverse, delete, around a bill run that completes: exit code 0', async () => {
    const given = ['--account', 'acme', '--amount', '50.00', '--manual', '--wait']
    const { creditId } = await answerOf('credit', 'add', ...given, '--reason', 'Goodwill')
    const run = await answerOf('bill-run', 'start', '--group', 'default', '--date', '2026-01-31', '--wait')
    expect(run).toMatchObject({ status: 'completed', progress: { accounts: 1, billed: 1 } })

    const listed = await answerOf('credit', 'list', '--account', 'acme', '--status', 'issued')
    expect(listed.data).toMatchObject([{ creditId, amount: '50.00', amountLeft: '50.00' }])
    const { invoiceId } = listed.data[0]
    const disbursed = await answerOf('credit', 'disburse', creditId, '--invoice', invoiceId, '--amount', '20')
    expect(disbursed).toMatchObject({ credit: { amountLeft: '30.00' }, invoice: { balance: '120.00' } })
    expect(await answerOf('credit', 'reverse', creditId, '--reason', 'In error', '--wait')).toMatchObject({
      status: 'reversal_pending',
    })
    expect(await answerOf('credit', 'unreverse', creditId)).toMatchObject({ status: 'issued' })

    const other = await answerOf('credit', 'add', ...given, '--reason', 'A mistake')
    await answerOf('credit', 'delete', other.creditId)
    const deleted = await answerOf('credit', 'list', '--account', 'acme', '--status', 'deleted')
    expect(deleted.data).toMatchObject([{ creditId: other.creditId }])
  })

  it('key create, revoke and audit list: what was done on the database itself is kept with who did it, and why', async () => {
    const created = await nightbill('key', 'create', 'feed', '--scopes', 'enqueue')
    const keyId = /Key (\S+)/.exec(created.out)?.[1] as string
    expect((await nightbill('key', 'revoke', keyId, '--reason', 'Lost')).code).toBe(0)
    const by = {
      subject: keyId,
      source: 'command',
      keyId: null,
      requestId: null,
      detail: `user ${userInfo().username}`,
    }
    expect((await answerOf('audit', 'list', '--subject', keyId)).data).toMatchObject([
      { ...by, action: 'key.revoke', reason: 'Lost' },
      { ...by, action: 'key.create', reason: null },
    ])
    const { out } = await nightbill('audit', 'list', '--limit', '1')
    expect(out).toMatch(/key\.revoke.*command.*Lost/)
  })

  it('job show says why a credit failed, job retry takes it up again; what cannot be retried is refused', async () => {
    await stack.asOwner(`
      create function refuse_credit() returns trigger language plpgsql as $$
      begin raise exception 'there is no place for it' using errcode = 'check_violation'; end $$;
      create trigger refuse_credit before insert on credit for each row execute function refuse_credit()`)
    const given = ['--account', 'acme', '--amount', '1', '--reason', 'Refused', '--reference', 'refused-1']
    const { jobId, creditId } = await answerOf('credit', 'add', ...given)
    await stack.client.waitForJob(jobId)
    expect((await nightbill('job', 'show', jobId)).out).toMatch(
      /^Job \S+, a credit: failed\nIt failed: database_refused: there is no place for it\nAttempts: 1, accepted \S+, ended \S+$/,
    )
    await stack.asOwner('drop trigger refuse_credit on credit; drop function refuse_credit')
    expect(await answerOf('job', 'retry', jobId, '--reason', 'Mended', '--wait')).toMatchObject({
      jobId,
      status: 'done',
    })
    const audit = await answerOf('audit', 'list', '--subject', jobId)
    expect(audit.data).toMatchObject([{ action: 'job.retry', reason: 'Mended' }])
    const again = await nightbill('job', 'retry', jobId)
    expect(again.code).toBe(2)
    expect(again.err).toContain('job_not_failed')
    await stack.client.deleteCredit(creditId)
  })

  it('charge add says what is owed, in its currency; what is refused is said once, with how to mend it', async () => {
    const charge = ['charge', 'add', '--account', 'acme', '--description', 'Setup', '--date', '2029-01-01', '--amount']
    const { out } = await nightbill(...charge, '1234.5')
    expect(out).toMatch(/^Charge \S+: acme owes 1,234\.50 USD on 2029-01-01 for Setup$/)
    const { code, err } = await nightbill(...charge, '1.234')
    expect(code).toBe(2)
    expect(err).toMatch(
      /^The amount is not valid in this currency: an amount must have at most the 2 decimals of USD, and has 3; no charge was recorded \(invalid_amount, request \S+\)$/,
    )
  })

  it('the same run asked for twice with one key is one run; another bills nothing twice', async () => {
    const asked = ['bill-run', 'start', '--date', '2026-01-31', '--wait', '--idempotency-key', 'nightly-2026-01-31']
    const [first, second] = await Promise.all([answerOf(...asked), answerOf(...asked)])
    expect(second.billRunId).toBe(first.billRunId)
    expect(first.progress).toMatchObject({ billed: 0 })
  })

  it('a run that completes with failures: exit code 1; what could not be done: 2, with one line that says why', async () => {
    await insertAccounts(stack, 'failing', 3)
    await stack.asOwner(`
      create function refuse() returns trigger language plpgsql as $$ begin raise exception 'this account is broken' using errcode = 'check_violation'; end $$;
      create trigger refuse before insert on invoice for each row execute function refuse()`)
    const [failing, unknown, reached, usage] = await Promise.all([
      nightbill('bill-run', 'start', '--group', 'failing', '--date', '2026-01-31', '--wait'),
      nightbill('credit', 'delete', '0199f0a2-5b1c-7d3e-8f00-1a2b3c4d5e6f'),
      nightbill('credit', 'list', '--api-key', 'a-key-that-nobody-made'),
      nightbill('credit', 'add', '--account', 'acme'),
    ])
    expect(failing.code).toBe(1)
    expect(failing.out).toMatch(/completed.with.failures/)
    expect([unknown.code, reached.code, usage.code]).toEqual([2, 2, 2])
    expect(unknown.err.split('\n')).toHaveLength(1)
    expect(unknown.err).toContain('credit_not_found')
    const groups = await answerOf('bill-run', 'failures', '@last:failing', '--groups')
    expect(groups.data).toMatchObject([{ code: 'database_refused', count: 3, example: 'this account is broken' }])
    const report = await nightbill('bill-run', 'report', '@last:failing')
    expect([report.code, report.out]).toEqual([1, expect.stringContaining('3\tdatabase_refused\t')])
    expect(await answerOf('bill-run', 'failures', '@last:failing', '--code', 'timed_out')).toMatchObject({ data: [] })
    await stack.asOwner('drop trigger refuse on invoice')
    const retried = await answerOf('bill-run', 'retry', '@last:failing', '--code', 'database_refused', '--wait')
    expect(retried).toMatchObject({ status: 'completed', progress: { billed: 3, failed: 0 } })
    expect((await nightbill('bill-run', 'watch', '@last:failing')).out).toContain('3 billed')
    const [worker] = stack.running('bill-batch')
    const logged = (worker?.stdout ?? []).filter((line) => line.includes('could not be billed'))
    expect(logged).toHaveLength(3)
    for (const line of logged)
      expect(JSON.parse(line)).toMatchObject({ code: 'database_refused', accountId: expect.any(Number) })
  })

  it('reconcile: exit code 0 when everything adds up, 1 when not, 2 when it could not tell', async () => {
    const green = await nightbill('reconcile')
    expect(green.code, green.err).toBe(0)
    expect(green.out).toContain('Everything reconciles.')
    await stack.asOwner('update invoice_counter set last_number = last_number + 1')
    const red = await nightbill('reconcile')
    expect(red.code).toBe(1)
    expect(red.out).toContain('Rules are broken')
    await stack.asOwner(
      'set session_replication_role = replica; update invoice_counter set last_number = last_number - 1',
    )
    await stack.expectReconciled()
    const noRun = await nightbill('reconcile', '--run', 'nobody')
    expect([noRun.code, noRun.err]).toEqual([2, 'nightbill: there is no bill run nobody'])
    const nowhere = startProcess(['src/cli.ts', 'reconcile'], { DATABASE_URL: 'postgres://127.0.0.1:1/none' })
    expect(await nowhere.exited).toMatchObject({ code: 2 })
  })
})
