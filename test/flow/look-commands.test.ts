import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startProcess } from '../support/processes.ts'
import { type Ids, seedService } from '../support/seeded-service.ts'
import { BOOTSTRAP_KEY, openService, type Service } from '../support/service.ts'

describe('commands that look at what there is', () => {
  let service: Service
  let ids: Ids
  beforeAll(async () => {
    service = await openService()
    ids = await seedService(service)
  })
  afterAll(() => service.close())

  async function nightbill(args: readonly string[], input?: string) {
    const env = { NIGHTBILL_URL: service.url, NIGHTBILL_API_KEY: BOOTSTRAP_KEY }
    const command = startProcess(['bin/nightbill.js', ...args], env, input === undefined ? {} : { input })
    const { code } = await command.exited
    return { code, out: command.stdout.join('\n'), err: command.stderr.join('\n') }
  }
  async function answerOf(...args: readonly string[]) {
    const { code, out, err } = await nightbill([...args, '--json'])
    expect(code, err).toBe(0)
    return JSON.parse(out)
  }

  test('account search, statement, and charges', async () => {
    expect((await answerOf('account', 'search', 'Account jp')).data).toMatchObject([{ accountId: 'jpy' }])
    expect((await answerOf('account', 'list', '--group', 'nobody')).data).toEqual([])
    const statement = await answerOf('account', 'statement', 'usd', '--from', '2026-01-01')
    expect(statement).toMatchObject({ accountId: 'usd', opening: '0.00', proof: { conserved: true } })
    const lines = (await nightbill(['account', 'statement', 'usd', '--no-header'])).out.split('\n')
    expect(lines).toHaveLength(statement.data.length)
    expect(lines[0]?.split('\t').slice(2, 4)).toEqual(['invoice', expect.stringMatching(/^Invoice \d+$/)])
    expect((await answerOf('charge', 'list', 'usd', '--status', 'billed')).data).toMatchObject([{ amount: '140.00' }])
    const exported = await nightbill(['export', 'charges', 'usd'])
    expect(exported.out).toMatch(/^chargeId,.*\n.*,140\.00,/)
    expect((await nightbill(['export', 'statement', 'usd', '--to', '2020-01-01'])).out.split('\n')).toHaveLength(1)
  })

  test('invoices by number: list, show, and print with what was disbursed', async () => {
    const [invoice] = (await answerOf('invoice', 'list', '--account', 'usd', '--bill-run', ids.finishedRun as string))
      .data
    expect(invoice).toMatchObject({ invoiceId: ids.invoice })
    expect(await answerOf('invoice', 'show', `${invoice.number}`)).toMatchObject({ invoiceId: ids.invoice })
    const { out } = await nightbill(['invoice', 'print', `${invoice.number}`])
    expect(out).toMatch(/^INVOICE \d+\n\nAccount usd \(usd\)\nIssued 31 Jan 2026, due 2 Mar 2026\n/)
    expect(out).toMatch(/Charge +Hosting +140\.00 USD/)
    expect(out.split('\n').at(-1)).toMatch(/^To pay +140\.00 USD$/)
  })

  test('jobs: list by status, by the end of an id, and a watch of one that failed', async () => {
    const failed = (await answerOf('job', 'list', '--status', 'failed')).data
    expect(failed).toMatchObject([{ jobId: ids.failedJob, error: { code: 'database_refused' } }])
    const end = ids.failedJob?.slice(-12) as string
    expect((await nightbill(['job', 'show', end])).out).toContain('It failed: database_refused')
    const watched = await nightbill(['job', 'watch', end])
    expect([watched.code, watched.err]).toEqual([2, expect.stringContaining('(database_refused)')])
  })

  test('schedules: show, next, disable and enable; keys', async () => {
    expect((await nightbill(['schedule', 'show', 'nightly'])).out).toContain('nightly\tnobody\t')
    const disabled = await answerOf('schedule', 'disable', 'nightly')
    expect(disabled).toMatchObject({ enabled: false, cron: '0 2 * * *', billGroup: 'nobody' })
    expect((await answerOf('schedule', 'next')).data).toEqual([])
    await answerOf('schedule', 'enable', 'nightly')
    const [due] = (await answerOf('schedule', 'next', 'nightly')).data
    expect(due).toMatchObject({ name: 'nightly', billGroup: 'nobody', timezone: 'Europe/London' })
    expect((await answerOf('key', 'list')).data).toContainEqual(expect.objectContaining({ keyId: ids.key }))
  })

  test('a dry run of a group, as of a date: its totals, and nothing is written', async () => {
    const charge = { accountId: 'usd', amount: '7', description: 'Later', chargedOn: '2026-04-01' }
    await service.call('POST', '/v1/charges', { body: { charges: [charge] } })
    const asked = ['bill-run', 'start', '--group', 'default', '--date', '2026-04-30', '--dry-run']
    const preview = await answerOf(...asked)
    expect(preview).toMatchObject({ billGroup: 'default', counts: { billed: 1, wouldFail: 0 } })
    expect(preview.totals).toMatchObject([{ currency: 'USD', charged: '7.00' }])
    const { out } = await nightbill(['bill-run', 'preview', '--date', '2026-04-30'])
    expect(out).toContain('A bill run of default as of 2026-04-30: 1 account would be billed')
    expect((await answerOf('charge', 'list', 'usd', '--status', 'pending')).data).toMatchObject([{ amount: '7.00' }])
  })

  test('api get, post and delete reach what has no command; a refusal is the same line as elsewhere', async () => {
    const { out } = await nightbill(['api', 'get', '/v1/invoices?accountId=usd&limit=1'])
    expect(JSON.parse(out).data).toHaveLength(1)
    const account = JSON.stringify({ accountId: 'made', name: 'Made', currency: 'USD' })
    const made = await nightbill(['api', 'post', 'v1/accounts', '--body', '@-'], account)
    expect(JSON.parse(made.out)).toMatchObject({ accountId: 'made' })
    expect(await nightbill(['api', 'delete', 'v1/schedules/nightly'])).toMatchObject({ code: 0, out: '' })
    const gone = await nightbill(['api', 'delete', 'v1/schedules/nightly'])
    expect([gone.code, gone.err]).toEqual([2, expect.stringContaining('(schedule_not_found, request')])
    const broken = await nightbill(['api', 'post', 'v1/accounts', '--body', '{'])
    expect([broken.code, broken.err]).toEqual([2, expect.stringContaining('the body is no JSON')])
    const misspelt = await nightbill(['api', 'gett', 'v1/accounts'])
    expect(misspelt.code).toBe(2)
  })
})
