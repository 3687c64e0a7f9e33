import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { insertAccounts } from '../support/many-accounts.ts'
import { startProcess } from '../support/processes.ts'
import { API_KEY, openStack, type Stack } from '../support/stack.ts'

const LINES = 6_000
const BAD = [417, 3_011, 5_998]

describe('import: files of accounts, charges and credits', () => {
  let stack: Stack
  const folder = mkdtempSync(join(tmpdir(), 'nightbill-test-'))
  beforeAll(async () => {
    stack = await openStack({ backend: 'postgres' })
    for (const [accountId, currency] of [
      ['acme', 'USD'],
      ['globex', 'JPY'],
    ] as const) {
      await stack.client.createAccount({ accountId, name: accountId, currency })
    }
  })
  afterAll(async () => {
    rmSync(folder, { recursive: true })
    await stack.close()
  })

  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  }
  const start = (args: readonly string[], input?: string) => {
    const env = { NIGHTBILL_URL: stack.url, NIGHTBILL_API_KEY: API_KEY }
    return startProcess(['bin/nightbill.js', 'import', ...args], env, input === undefined ? {} : { input })
  }
  async function imported(args: readonly string[], input?: string) {
    const command = start(args, input)
    const { code } = await command.exited
    return { code, out: command.stdout.join('\n'), err: command.stderr.join('\n') }
  }
  const credits = async (prefix: string) => {
    const [row] = await stack.asOwner<{ count: string; different: string }>(
      `select count(*), count(distinct (account_id, reference)) as different from credit where reference like '${prefix}:%'`,
    )
    return row
  }

  test('credits with bad lines: each is named and kept; interrupted and repeated, nothing is doubled', async () => {
    const lines = Array.from({ length: LINES }, (_, at) => {
      const line = at + 2
      if (line === BAD[0]) return 'acme,50.005,Goodwill'
      if (line === BAD[1]) return 'acmee,50,Goodwill'
      if (line === BAD[2]) return 'acme,50,'
      return line % 2 === 0 ? `acme,${line}.50,Goodwill` : `globex,${line},Goodwill`
    })
    const path = file('november.csv', `accountId,amount,reason\n${lines.join('\n')}\n`)
    const rejects = join(folder, 'bad.csv')
    const args = ['credits', path, '--reference', '{file}:{line}']

    const dry = await imported([...args, '--dry-run'])
    expect(dry.code).toBe(1)
    expect(dry.out.split('\n').slice(0, 3)).toEqual([
      '  line 417    amount     "50.005": USD has 2 decimals, write 50.00 or 50.01',
      '  line 3,011  accountId  "acmee": there is no such account (nearest: acme)',
      '  line 5,998  reason     is empty',
    ])
    expect(dry.out.split('\n')[3]).toMatch(/^5,997 lines are good: [\d,.]+ USD and [\d,]+ JPY\. Nothing was sent\.$/)
    const strict = await imported(args)
    expect([strict.code, (await credits('november.csv'))?.count]).toEqual([1, '0'])

    const first = start([...args, '--skip-bad'])
    while (Number((await stack.asOwner<{ count: string }>('select count(*) from job'))[0]?.count) === 0)
      await new Promise((resolve) => setTimeout(resolve, 10))
    first.signal('SIGINT')
    expect((await first.exited).code).toBe(130)
    const accepted = /^([\d,]+) are accepted\. Go on with the same command/.exec(first.stderr.at(-1) ?? '')?.[1]
    expect(Number(accepted?.replaceAll(',', ''))).toBeGreaterThan(0)
    expect(Number(accepted?.replaceAll(',', ''))).toBeLessThan(LINES - 3)

    const second = await imported([...args, '--skip-bad', '--rejects', rejects])
    expect([second.code, second.out.split('\n').at(-1)]).toEqual([1, '5,997 are accepted. 3 bad lines were left out.'])
    await stack.quiet()
    expect(await credits('november.csv')).toEqual({ count: '5997', different: '5997' })
    expect(readFileSync(rejects, 'utf8').split('\n').slice(0, 2)).toEqual([
      'accountId,amount,reason,problem',
      'acme,50.005,Goodwill,"amount ""50.005"": USD has 2 decimals, write 50.00 or 50.01"',
    ])
    const mended = readFileSync(rejects, 'utf8')
      .replace('50.005', '50.01')
      .replace('acmee', 'acme')
      .replace(',50,,', ',50,Goodwill,')
    const again = await imported(['credits', file('mended.csv', mended), '--reference', '{file}:{line}'])
    expect([again.code, again.err.split('\n')[0]]).toEqual([0, 'Checking ...'])
  })

  test('charges of NDJSON on stdin; a reference that was used for another is a bad line, and the others are recorded', async () => {
    const line = (amount: string, reference: string) =>
      `${JSON.stringify({ accountId: 'acme', amount, description: 'Usage', chargedOn: '2026-01-10', reference })}\n`
    const args = ['charges', '-', '--format', 'ndjson', '--json']
    const first = await imported(args, line('1', 'a') + line('2', 'b'))
    expect(JSON.parse(first.out)).toMatchObject({
      good: 2,
      bad: 0,
      accepted: 2,
      totals: [{ currency: 'USD', amount: '3.00' }],
    })
    const changed = await imported([...args, '--skip-bad'], line('1', 'a') + line('9', 'b') + line('3', 'c'))
    expect(changed.code).toBe(1)
    expect(JSON.parse(changed.out)).toMatchObject({
      accepted: 2,
      problems: [{ line: 2, field: 'reference', message: expect.stringContaining('(reference_reused)') }],
    })
    const [{ count }] = (await stack.asOwner<{ count: string }>('select count(*) from charge')) as [{ count: string }]
    expect(count).toBe('3')
  })

  test('accounts, with a column of another name; one that exists and differs is named', async () => {
    const path = file('accounts.csv', 'Kunde;name;currency\nacme;Other;USD\ninitech;Initech;EUR\nhooli;Hooli;XXX\n')
    const checked = await imported(['accounts', path, '--map', 'accountId=Kunde', '--skip-bad'])
    expect(checked.code).toBe(1)
    expect(checked.out).toContain('line 4  currency  "XXX": there is no such currency')
    expect(checked.out).toMatch(/line 2 {4}The account exists and differs: .*\(account_exists\)/)
    expect(await stack.client.getAccount('initech')).toMatchObject({ name: 'Initech', currency: 'EUR' })
  })

  test('credits of more accounts than are looked up one by one', async () => {
    await insertAccounts(stack, 'many', 700)
    const [row] = await stack.asOwner<{ keys: string[] }>(
      `select array_agg(key) as keys from account where bill_group = 'many'`,
    )
    const lines = row?.keys.map((key) => `${key},1,x,${key}`) ?? []
    const path = file('many.csv', `accountId,amount,reason,reference\n${lines.join('\n')}\nnobody,1,x,nobody\n`)
    const { code, out } = await imported(['credits', path, '--skip-bad'])
    expect([code, out.split('\n').at(-1)]).toEqual([1, '700 are accepted. 1 bad line was left out.'])
  })

  test('export: what was imported comes back as CSV, all of it, with its filter', async () => {
    const path = file('back.csv', `accountId,amount,reason\n${'acme,1.25,=back\n'.repeat(1_200)}`)
    expect((await imported(['credits', path, '--reference', '{file}:{line}'])).code).toBe(0)
    await stack.quiet()
    const exported = async (...args: readonly string[]) => {
      const env = { NIGHTBILL_URL: stack.url, NIGHTBILL_API_KEY: API_KEY }
      const command = startProcess(['bin/nightbill.js', 'export', ...args], env)
      return { code: (await command.exited).code, lines: command.stdout, err: command.stderr.join('\n') }
    }
    const all = await exported('credits', '--account', 'acme', '--status', 'pending')
    expect(all.code).toBe(0)
    expect(all.lines[0]).toMatch(/^creditId,accountId,/)
    expect(all.lines.filter((line) => line.includes(",'=back,"))).toHaveLength(1_200)
    expect((await exported('accounts')).lines.some((line) => line.startsWith('globex,'))).toBe(true)
    const refused = await exported('credits', '--account', 'nobody')
    expect([refused.code, refused.lines]).toEqual([2, []])
    expect(refused.err).toContain('(account_not_found, request')
  })

  test('what cannot be done is said in one line: 2', async () => {
    for (const [args, said] of [
      [['credits', join(folder, 'nothing.csv')], /nothing.csv is no file that can be read$/],
      [['credits', file('plain.csv', 'accountId,amount,reason\n')], /^without references a repeat/],
      [['credits', '-', '--reference', '{file}:{line}'], /has no name: write \{hash\}/],
    ] as const) {
      const { code, err } = await imported(args, 'accountId,amount,reason\n')
      expect(code).toBe(2)
      expect(err).toMatch(said)
    }
  })
})
