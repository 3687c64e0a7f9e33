import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AcceptedBillRun, BillRun } from '../../src/api/types.ts'
import { openApiClient } from '../../src/client/api-client.ts'
import { post } from '../support/expected-answer.ts'
import { NOBODY } from '../support/seeded-service.ts'
import { BOOTSTRAP_KEY, openService, type Service } from '../support/service.ts'

let service: Service

beforeAll(async () => {
  service = await openService()
})
afterAll(() => service.close())

const startRun = async () =>
  (await post<AcceptedBillRun>(service, '/v1/bill-runs', { billGroup: 'nobody' }, 202)).billRunId
const cancel = (billRunId: string) => post(service, `/v1/bill-runs/${billRunId}/cancel`, {}, 202)

/** A client whose first streams are cut short after their first event. */
function clientWithLosses(losses: number) {
  const left = { losses, opened: 0 }
  const send: typeof fetch = async (...request) => {
    const answer = await fetch(...request)
    if (!answer.headers.get('content-type')?.startsWith('text/event-stream')) return answer
    left.opened += 1
    if (left.losses-- <= 0 || !answer.body) return answer
    const cut = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        controller.enqueue(chunk)
        controller.error(new Error('the network is away'))
      },
    })
    return new Response(answer.body.pipeThrough(cut), answer)
  }
  return { left, client: openApiClient({ baseUrl: service.url, apiKey: BOOTSTRAP_KEY, fetch: send, maxAttempts: 1 }) }
}

test('a watched run is yielded as it is and whenever it changes, to its end, over connections that are lost', async () => {
  const billRunId = await startRun()
  const { client, left } = clientWithLosses(2)
  const seen: BillRun['status'][] = []
  for await (const { status } of client.watchBillRun(billRunId)) {
    seen.push(status)
    if (left.opened === 3 && status === 'queued') await cancel(billRunId)
  }
  expect(left.opened).toBe(3)
  expect(seen.at(-1)).toBe('cancelled')
  expect(new Set(seen.slice(0, -1))).toEqual(new Set(['queued']))
})

test('what the service refuses is thrown, and watching ends with the signal or with the loop', async () => {
  const { client } = clientWithLosses(0)
  await expect(client.watchBillRun(NOBODY).next()).rejects.toMatchObject({ code: 'bill_run_not_found', status: 404 })
  const billRunId = await startRun()
  const leave = new AbortController()
  const seen: BillRun[] = []
  for await (const run of client.watchBillRun(billRunId, { signal: leave.signal })) {
    seen.push(run)
    leave.abort()
  }
  expect(seen).toMatchObject([{ billRunId, status: 'queued' }])
  for await (const run of client.watchBillRun(billRunId)) {
    expect(run.status).toBe('queued')
    break
  }
  await cancel(billRunId)
})
