import { afterAll, beforeAll, expect, test } from 'vitest'
import { openApiClient } from '../../src/client/api-client.ts'
import { collectPages } from '../../src/client/collect-pages.ts'
import { recordReconciliation } from '../../src/ledger/reconcile/record-reconciliation.ts'
import { openService, type Service } from '../support/service.ts'

let service: Service

beforeAll(async () => {
  service = await openService()
})
afterAll(() => service.close())

test('reconciliations are listed, the last first, in pages, each with its rules', async () => {
  const client = openApiClient({ baseUrl: service.url, apiKey: service.keys.read })
  expect(await client.listReconciliations()).toEqual({ data: [], nextCursor: null })

  // One from before reports were kept.
  await service.db.insertInto('reconciliation').values({ ok: true, violations: 0 }).execute()
  await recordReconciliation(service.db)
  const { reconciliationId } = await recordReconciliation(service.db)

  const { data, nextCursor } = await client.listReconciliations({ limit: 2 })
  expect(data).toHaveLength(2)
  expect(nextCursor).not.toBeNull()
  expect(data[0]).toMatchObject({ reconciliationId, billRunId: null, ok: true, violations: 0 })
  expect(data[0]?.checks).toContainEqual({ name: 'invoice_totals', violations: 0, examples: [] })
  expect(Date.parse(data[0]?.finishedAt as string)).toBeGreaterThanOrEqual(Date.parse(data[0]?.startedAt as string))

  const { data: rows } = await collectPages((query) => client.listReconciliations({ ...query, limit: 1 }), 10)
  expect(rows).toHaveLength(3)
  expect(rows[2]?.checks).toEqual([])
})
