import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startProcess } from '../support/processes.ts'
import { API_KEY, openStack, type Stack } from '../support/stack.ts'
import { HAS_TERMINAL, onTerminal } from '../support/terminal.ts'

describe('how commands behave on a terminal, in a pipe and in a script', () => {
  let stack: Stack
  let credits: readonly string[] = []

  beforeAll(async () => {
    stack = await openStack({ backend: 'postgres' })
    await stack.client.createAccount({ accountId: 'acme', name: 'Acme Ltd', currency: 'USD' })
    await stack.client.postCharges([
      { accountId: 'acme', amount: '1400', description: 'Usage', chargedOn: '2026-01-10' },
    ])
    credits = await give(3)
    const { billRunId } = await stack.client.startBillRun({
      billGroup: 'default',
      billDate: '2026-01-31',
      name: 'January',
    })
    await stack.client.waitForBillRun(billRunId)
  })
  afterAll(() => stack.close())

  /** Gives acme credits, and waits until they are recorded. */
  async function give(count: number): Promise<readonly string[]> {
    const ids: string[] = []
    for (let i = 0; i < count; i += 1) {
      const credit = { accountId: 'acme', amount: '50', reason: `Goodwill ${i}`, automaticDisbursement: false }
      const { jobId, creditId } = await stack.client.postCredit(credit)
      await stack.client.waitForJob(jobId)
      ids.push(creditId)
    }
    return ids
  }

  const environment = () => ({ NIGHTBILL_URL: stack.url, NIGHTBILL_API_KEY: API_KEY })
  const start = (args: readonly string[], input?: string) =>
    startProcess(['bin/nightbill.js', ...args], environment(), input === undefined ? {} : { input })
  async function nightbill(args: readonly string[], input?: string) {
    const command = start(args, input)
    const { code } = await command.exited
    return { code, out: command.stdout, err: command.stderr.join('\n') }
  }

  test('a pipe gets tabs and whole values; --all with --json is one line a row; what is left out is said on stderr', async () => {
    const listed = await nightbill(['credits', 'ls', '--no-header'])
    expect(listed.out).toHaveLength(3)
    expect(listed.out[0]?.split('\t').slice(0, 5)).toEqual([credits[2], 'acme', 'issued', '50.00', '50.00'])
    const all = await nightbill(['credit', 'list', '--all', '--json=creditId'])
    expect(all.out.map((line) => JSON.parse(line))).toEqual(credits.toReversed().map((creditId) => ({ creditId })))
    const first = await nightbill(['credit', 'list', '--limit', '1', '--csv'])
    expect(first.out).toHaveLength(2)
    expect(first.err).toBe('There are more than 1: raise --limit, or --all.')
  })

  test('an id may be the end of it, @last, or the number of an invoice', async () => {
    const [creditId = ''] = credits
    const shown = await nightbill(['credit', 'show', creditId.slice(-8), '--json=creditId'])
    expect(JSON.parse(shown.out.join(''))).toEqual({ creditId })
    const run = await nightbill(['bill-run', 'show', '@last:January', '--json=name,status'])
    expect(JSON.parse(run.out.join(''))).toEqual({ name: 'January', status: 'completed' })
    const foreseen = ['credit', 'disburse', creditId, '--invoice', '1', '--dry-run', '--amount']
    expect(await nightbill([...foreseen, '20'])).toEqual({
      code: 0,
      out: ['The credit would have 30.00 USD left, and invoice 1 would owe 1,380.00 USD. Nothing was changed.'],
      err: '',
    })
    const refused = await nightbill([...foreseen, '51'])
    expect([refused.code, refused.err]).toEqual([
      2,
      'It would be refused: the credit has 50.00 USD left; nothing was changed (amount_exceeds_credit_left)',
    ])
    expect(await stack.client.getCredit(creditId)).toMatchObject({ amountLeft: '50.00' })
    const nobody = await nightbill(['credit', 'show', '00000000'])
    expect([nobody.code, nobody.err]).toEqual([2, 'no credit ends with 00000000: give the whole id'])
    expect((await nightbill(['bill-run', 'show', '@last:February'])).err).toBe('there is no bill run of February')
  })

  test('- reads ids: many are changed with --yes alone, each is done by itself, and one that is refused makes it 1', async () => {
    const pending = await give(2)
    const input = `creditId\tstatus\n${pending[0]}\tpending\n0199f0a2-5b1c-7d3e-8f00-1a2b3c4d5e6f\n${pending[1]}\n`
    const without = await nightbill(['credit', 'rm', '-'], input)
    expect([without.code, without.err]).toEqual([2, 'to delete 3 at once needs --yes: nothing was done'])
    const { code, out, err } = await nightbill(['credit', 'rm', '-', '--yes', '--json'], input)
    expect(code).toBe(1)
    expect(err).toMatch(/credit_not_found, request \S+\)$/)
    expect(out.map((line) => JSON.parse(line))).toEqual(pending.map((creditId) => ({ creditId, deleted: true })))
  })

  test('a wait that is over is 3, one that is interrupted 130; the last line says how to look again', async () => {
    const [worker] = stack.running('credit')
    worker?.signal('SIGSTOP')
    const add = ['credit', 'add', '--account', 'acme', '--amount', '1', '--reason', 'Later', '--wait']
    const late = await nightbill([...add, '--timeout', '1s'])
    expect(late.code).toBe(3)
    const waiting = start(add)
    const queued = async () => (await stack.open()).jobs
    while ((await queued()) < 2) await new Promise((resolve) => setTimeout(resolve, 50))
    await new Promise((resolve) => setTimeout(resolve, 200))
    waiting.signal('SIGINT')
    expect((await waiting.exited).code).toBe(130)
    expect(waiting.stderr.at(-1)).toMatch(/^The job goes on. Look again: nightbill job show [0-9a-f-]{36}$/)
    worker?.signal('SIGCONT')
    await stack.quiet()
  })

  test('the version, and an --api-key that others can see', async () => {
    expect((await nightbill(['--version'])).out).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+$/)])
    const { code, err } = await nightbill(['credit', 'list', '--api-key', API_KEY])
    expect([code, err]).toEqual([
      0,
      'Others on this machine can see --api-key: use NIGHTBILL_API_KEY, or nightbill login.',
    ])
  })

  test.skipIf(!HAS_TERMINAL)(
    'on a terminal it says what will happen and asks; no, and ^C, change nothing',
    async () => {
      const [creditId = ''] = credits
      const reverse = ['credit', 'reverse', creditId, '--wait']
      const declined = await onTerminal(reverse, environment(), [[/\[y\/N\]/, 'n\n']])
      expect(declined.code).toBe(2)
      expect(declined.shown).toContain('50.00 USD of Acme Ltd (acme), on invoice 1, 0.00 of it disbursed.\n')
      expect(declined.shown).toContain('Nothing was done.')
      expect((await onTerminal(reverse, environment(), [[/\[y\/N\]/, '\u0003']])).code).toBe(130)
      expect(await stack.client.getCredit(creditId)).toMatchObject({ status: 'issued' })
      const agreed = await onTerminal(reverse, environment(), [[/\[y\/N\]/, 'y\n']])
      expect(agreed.code).toBe(0)
      expect(agreed.shown).toContain('\u001b[35m◐ reversal pending\u001b[39m')
      const plain = await onTerminal(['credit', 'unreverse', creditId, '--no-color'], environment())
      expect(plain.shown).toContain(`${creditId.slice(-12)}  acme     ● issued`)
      expect(plain.shown).not.toContain('\u001b[')
    },
  )
})
