import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openService, type Service } from '../support/service.ts'

let service: Service

beforeAll(async () => {
  service = await openService()
})
afterAll(() => service.close())

test('the alert rules of docs/alerts.yml ask for metrics that there are', async () => {
  const rules = await readFile(join(import.meta.dirname, '../../docs/alerts.yml'), 'utf8')
  const asked = new Set(rules.match(/nightbill_[a-z_]+/g))
  const { text } = await service.call('GET', '/metrics', { key: null })
  const served = [...text.matchAll(/^# TYPE (nightbill_\w+) (\w+)/gm)].flatMap(([, name, type]) =>
    type === 'histogram' ? [`${name}_count`, `${name}_bucket`, `${name}_sum`] : [name],
  )
  expect(asked.size).toBeGreaterThan(10)
  for (const name of asked) expect(served).toContain(name)
})
