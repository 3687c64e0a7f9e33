import { afterAll, beforeAll, expect, test } from 'vitest'
import { recordReconciliation } from '../../src/ledger/reconcile/record-reconciliation.ts'
import { startProcess } from '../support/processes.ts'
import { openService, type Service } from '../support/service.ts'

let service: Service
beforeAll(async () => {
  service = await openService()
})
afterAll(() => service.close())

async function status(...args: readonly string[]) {
  const environment = { NIGHTBILL_URL: service.url, NIGHTBILL_API_KEY: service.keys.read }
  const command = startProcess(['bin/nightbill.js', 'status', ...args], environment)
  const { code } = await command.exited
  return { code, out: command.stdout.join('\n'), err: command.stderr.join('\n') }
}

test('nightbill status ends with 1 when something needs somebody, with 0 when all is well, and with 2 when it cannot tell', async () => {
  const wrong = await status()
  expect(wrong, wrong.err).toMatchObject({ code: 1 })
  expect(wrong.out).toMatch(/^▲ {2}The books were never proved +nightbill reconcile$/m)

  await recordReconciliation(service.db)
  const well = await status()
  expect(well, well.err).toMatchObject({ code: 0 })
  expect(well.out).toMatch(/^✓ {2}The books add up: (\d+) of \1 rules, /m)

  const json = await status('--json')
  expect(json.code).toBe(0)
  expect(JSON.parse(json.out)).toMatchObject({ verdict: { level: 'well', title: 'All is well' }, findings: [] })

  expect(await status('--url', 'http://127.0.0.1:1')).toMatchObject({ code: 2, out: '' })
})
