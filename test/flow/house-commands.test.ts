import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startProcess } from '../support/processes.ts'
import { type Ids, seedService } from '../support/seeded-service.ts'
import { BOOTSTRAP_KEY, openService, type Service } from '../support/service.ts'

describe('doctor, completion, open and worker', () => {
  let service: Service
  let ids: Ids
  beforeAll(async () => {
    service = await openService()
    ids = await seedService(service)
  })
  afterAll(() => service.close())

  async function nightbill(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const settings = { DATABASE_URL: service.environment.DATABASE_URL as string, NIGHTBILL_URL: service.url }
    const command = startProcess(['bin/nightbill.js', ...args], {
      ...settings,
      NIGHTBILL_API_KEY: BOOTSTRAP_KEY,
      ...env,
    })
    const { code } = await command.exited
    return { code, out: command.stdout.join('\n'), err: command.stderr.join('\n') }
  }

  test('doctor finds all well, and names what is not', async () => {
    const well = await nightbill(['doctor'])
    expect([well.code, well.out]).toEqual([0, expect.stringMatching(/All is well\.$/)])
    expect(well.out).not.toContain(BOOTSTRAP_KEY)
    const ill = await nightbill(['doctor', '--json'], {
      DATABASE_URL: 'postgres://127.0.0.1:1/none',
      REDIS_URL: 'redis://127.0.0.1:1',
      NIGHTBILL_API_KEY: 'a-key-that-nobody-made',
    })
    expect(ill.code).toBe(1)
    const { ok, findings } = JSON.parse(ill.out) as { ok: boolean; findings: readonly Record<string, string>[] }
    expect(ok).toBe(false)
    expect(findings.filter(({ verdict }) => verdict === 'broken').map(({ part }) => part)).toEqual([
      'database',
      'queue',
      'service',
    ])
    const nowhere = await nightbill(['doctor'], { DATABASE_URL: '', DATA_DIR: '/nonexistent', NIGHTBILL_API_KEY: '' })
    expect([nowhere.code, nowhere.out]).toEqual([1, expect.stringMatching(/2 to look at\.$/)])
  })

  test.each([
    [['cred'], 'credit'],
    [['credit', 'unp'], 'unpaid'],
    [['credit', 'list', '--status', 'iss'], 'issued'],
    [['schedule', 'show', ''], 'nightly'],
    [['bill-run', 'start', '--group', ''], 'default'],
    [['completion', ''], 'bash'],
  ])('%j is completed by %s', async (words, value) => {
    const { code, out } = await nightbill(['complete', '--', ...words])
    expect(code).toBe(0)
    expect(out.split('\n').map((line) => line.split('\t')[0])).toContain(value)
  })

  test('the script of each shell asks nightbill', async () => {
    for (const shell of ['bash', 'zsh', 'fish', 'powershell']) {
      expect((await nightbill(['completion', shell])).out).toMatch(/nightbill complete '?--/)
    }
    expect((await nightbill(['completion', 'cmd'])).code).toBe(2)
  })

  test('open prints where the console shows it', async () => {
    const { number } = (await service.call<{ number: number }>('GET', `/v1/invoices/${ids.invoice}`)).body
    expect((await nightbill(['open'])).out).toBe(`${service.url}/`)
    expect((await nightbill(['open', 'invoice', ids.invoice as string])).out).toBe(`${service.url}/invoices/${number}`)
    expect((await nightbill(['open', 'account', 'usd'])).out).toBe(`${service.url}/accounts/usd/credits`)
    expect((await nightbill(['open', 'planet', 'x'])).code).toBe(2)
  })

  test('worker carries out the kinds that it is told', async () => {
    const worker = startProcess(['bin/nightbill.js', 'worker', 'credit'], { ...service.environment, LOG_LEVEL: 'info' })
    const { jobId } = (
      await service.call<{ jobId: string }>('POST', '/v1/credits', {
        body: { accountId: 'usd', amount: '1', reason: 'x' },
      })
    ).body
    await eventually(async () =>
      expect((await service.call('GET', `/v1/jobs/${jobId}`)).body).toMatchObject({ status: 'done' }),
    )
    worker.signal('SIGTERM')
    expect((await worker.exited).code).toBe(0)
    const unknown = await nightbill(['worker', 'nothing'])
    expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining('there is no kind of work "nothing"')])
  })
})
