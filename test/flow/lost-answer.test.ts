import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { openApiClient } from '../../src/client/api-client.ts'

test('a request that gets no answer in time is repeated, under the same key', async () => {
  const keys: (string | undefined)[] = []
  const service = createServer((request, response) => {
    keys.push(request.headers['idempotency-key'] as string | undefined)
    // The first is swallowed.
    if (keys.length > 1) response.setHeader('content-type', 'application/json').writeHead(202).end('{"jobId":"1"}')
  })
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
  const { port } = service.address() as AddressInfo
  const client = openApiClient({ baseUrl: `http://127.0.0.1:${port}`, apiKey: 'key', answerWithinMs: 300 })
  const answer = await client.postCredit({ accountId: 'acme', amount: '1', reason: 'Once' })
  expect(answer).toEqual({ jobId: '1' })
  expect(keys).toHaveLength(2)
  expect(keys[0]).toMatch(/./)
  expect(keys[1]).toBe(keys[0])
  service.closeAllConnections()
  service.close()
})

test('what may have been done is repeated under its key, and a DELETE, which has none, is not', async () => {
  const calls: (string | undefined)[] = []
  const service = createServer((request, response) => {
    calls.push(request.method)
    const problem = { status: 503, code: 'outcome_unknown', title: 'It is not known whether this was done' }
    response.setHeader('content-type', 'application/problem+json').setHeader('retry-after', '0')
    if (calls.length === 2) response.writeHead(202).end('{"jobId":"1"}')
    else response.writeHead(503).end(JSON.stringify(problem))
  })
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
  const { port } = service.address() as AddressInfo
  const client = openApiClient({ baseUrl: `http://127.0.0.1:${port}`, apiKey: 'key' })
  expect(await client.postCredit({ accountId: 'acme', amount: '1', reason: 'Once' })).toEqual({ jobId: '1' })
  await expect(client.deleteCredit('1')).rejects.toMatchObject({ code: 'outcome_unknown' })
  expect(calls).toEqual(['POST', 'POST', 'DELETE'])
  service.closeAllConnections()
  service.close()
})
