import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openApiClient } from '../../src/client/api-client.ts'
import { collectPages } from '../../src/client/collect-pages.ts'
import { recordReconciliation } from '../../src/ledger/reconcile/record-reconciliation.ts'
import { reconcileDue } from '../../src/work/reconciliations.ts'
import { NOBODY } from '../support/seeded-service.ts'
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
  expect(data[0]?.checks).toContainEqual({
    name: 'invoice_totals',
    description: expect.stringContaining('every invoice'),
    held: true,
    violations: 0,
    examples: [],
  })
  expect(data[0]).toMatchObject({ invoices: 0, credits: 0 })
  expect(Date.parse(data[0]?.finishedAt as string)).toBeGreaterThanOrEqual(Date.parse(data[0]?.startedAt as string))

  const { data: rows } = await collectPages((query) => client.listReconciliations({ ...query, limit: 1 }), 10)
  expect(rows).toHaveLength(3)
  expect(rows[2]).toMatchObject({ checks: [], invoices: null, credits: null })
  expect(await client.getReconciliation(reconciliationId)).toEqual(data[0])
  await expect(client.getReconciliation(4711)).rejects.toMatchObject({ code: 'reconciliation_not_found' })
})

test('one that is asked for is accepted durably, and is one whoever asks until it is done', async () => {
  const asks = openApiClient({ baseUrl: service.url, apiKey: service.keys.operate })
  const reads = openApiClient({ baseUrl: service.url, apiKey: service.keys.read })
  const requests = await Promise.all([1, 2, 3, 4].map(() => asks.requestReconciliation({ reason: 'A doubt' })))
  const [{ reconciliationRequestId: id } = { reconciliationRequestId: '' }] = requests
  expect(requests.map(({ reconciliationRequestId }) => reconciliationRequestId)).toEqual([id, id, id, id])
  expect(await reads.getReconciliationRequest(id)).toMatchObject({
    status: 'queued',
    rules: 0,
    startedAt: null,
    reconciliationId: null,
  })

  const audit = await reads.listAudit({ subject: id })
  expect(audit.data).toHaveLength(4)
  expect(audit.data[0]).toMatchObject({ action: 'reconciliation.request', reason: 'A doubt' })

  await reconcileDue(service.db, '04:30', pino({ level: 'silent' }))
  const done = await reads.getReconciliationRequest(id)
  expect(done).toMatchObject({ status: 'done', rules: expect.any(Number), reconciliationId: expect.any(Number) })
  expect(done.rulesChecked).toBe(done.rules)
  expect(await reads.getReconciliation(done.reconciliationId as number)).toMatchObject({ ok: true, billRunId: null })

  const again = await asks.requestReconciliation()
  expect(again.reconciliationRequestId, 'the next is another').not.toBe(id)
  await expect(reads.getReconciliationRequest(NOBODY)).rejects.toMatchObject({
    code: 'reconciliation_request_not_found',
  })
})
