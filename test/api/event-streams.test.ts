import { createServer, get as httpGet, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openEventStream } from '../../src/api/event-stream.ts'
import { openRunWatch, type Watcher } from '../../src/api/watch-runs.ts'
import { createKey } from '../../src/ledger/keys/api-keys.ts'
import { execute } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { expectProblem } from '../support/problem.ts'
import { openService, type Service } from '../support/service.ts'

let service: Service
let runId: string

beforeAll(async () => {
  service = await openService({ settings: { EVENT_STREAMS_PER_KEY: '5' } })
  runId = (await service.call<{ billRunId: string }>('POST', '/v1/bill-runs', { body: { billGroup: 'nobody' } })).body
    .billRunId
})
afterAll(() => service.close())

type Open = { readonly status: number; readonly text: () => string; readonly ended: () => boolean; close: () => void }

/** Opens a stream of the run's events, and gives it once it was answered. */
function open(key: string): Promise<Open> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${key}` }
    const request = httpGet(`${service.url}/v1/bill-runs/${runId}/events`, { headers }, (response: IncomingMessage) => {
      let text = ''
      let ended = false
      response.on('data', (chunk) => (text += chunk))
      response.once('close', () => (ended = true))
      response.once('error', () => {})
      resolve({
        status: response.statusCode ?? 0,
        text: () => text,
        ended: () => ended,
        close: () => request.destroy(),
      })
    })
    request.once('error', reject)
  })
}

test('a key holds so many streams open, and another when one is closed', async () => {
  const { key } = await createKey(service.db, 'many', ['read'])
  const streams = await Promise.all(Array.from({ length: 5 }, () => open(key)))
  await eventually(() =>
    expect(streams.map(({ text }) => text())).toEqual(Array(5).fill(expect.stringContaining(runId))),
  )
  const refused = await service.call('GET', `/v1/bill-runs/${runId}/events`, { key })
  expectProblem(refused, 429, 'too_many_requests')
  expect(refused.headers['retry-after']).toBe('5')
  // It is this key that has too many.
  const other = await open(service.keys.read)
  expect(other.status).toBe(200)
  streams[0]?.close()
  const again = await eventually(async () => {
    const one = await open(key)
    expect(one.status).toBe(200)
    return one
  })
  for (const stream of [...streams, other, again]) stream.close()
})

test.each([
  ['revoked', 'revoked_at = now()'],
  ['expired', "expires_at = now() - interval '1 second'"],
])('a stream ends within seconds of its key being %s, and no other does', async (_, change) => {
  const { id, key } = await createKey(service.db, 'short', ['read'])
  const [stream, other] = [await open(key), await open(service.keys.read)]
  expect([stream.status, other.status]).toEqual([200, 200])
  await execute(service.database.ownerUrl, `update api_key set ${change} where id = '${id}'`)
  await eventually(() => expect(stream.ended()).toBe(true))
  expect(other.ended()).toBe(false)
  other.close()
})

test('everyone who watches sees the run change, and the streams end with it', async () => {
  const watching = await Promise.all(Array.from({ length: 5 }, () => open(service.keys.read)))
  await service.call('POST', `/v1/bill-runs/${runId}/cancel`)
  await eventually(() => expect(watching.map(({ ended }) => ended())).toEqual(Array(5).fill(true)))
  for (const { text } of watching) expect(text()).toMatch(/"status":"queued".*"status":"cancelled"/s)
})

describe('one reader', () => {
  const watcher = (
    keyId: string,
    shown: string[] = [],
  ): Watcher & { readonly shown: readonly string[]; readonly ended: boolean } => {
    const self = {
      keyId,
      shown,
      ended: false,
      stream: { show: (data: string) => void shown.push(data), end: () => Object.assign(self, { ended: true }) },
    }
    return self
  }

  test('reads for all who watch a run, no longer than anybody does, and again when somebody does', async () => {
    let reads = 0
    const watch = openRunWatch({
      read: async () => ({ finishedAt: null, reads: ++reads }),
      inForce: async (ids) => new Set(ids),
      onError: () => {},
      lookEveryMs: 20,
    })
    const watchers = Array.from({ length: 100 }, (_, index) => watcher(`key ${index % 2}`))
    const stops = watchers.map((one) => watch.watch('run', one))
    expect(watch.streamsOf('key 0')).toBe(50)
    await eventually(() => reads > 4)
    expect(watchers.map(({ shown }) => shown.length)).toEqual(Array(100).fill(watchers[0]?.shown.length))
    expect(reads - (watchers[0]?.shown.length ?? 0)).toBeLessThan(2)
    for (const stop of stops) stop()
    await sleep(100)
    const [before] = [reads]
    await sleep(100)
    expect(reads).toBe(before)
    watch.watch('run', watcher('key 0'))
    await eventually(() => reads > before)
    watch.close()
    expect(watch.streamsOf('key 0')).toBe(0)
  })

  test('that fails ends its streams, which their watchers open again', async () => {
    const errors: unknown[] = []
    const watch = openRunWatch({
      read: async () => {
        throw new Error('away')
      },
      inForce: async (ids) => new Set(ids),
      onError: (error) => errors.push(error),
    })
    const one = watcher('key')
    watch.watch('run', one)
    await eventually(() => expect([one.ended, errors.length, watch.streamsOf('key')]).toEqual([true, 1, 0]))
  })
})

test('a reader that takes nothing is cut off, and nothing is piled up for it', async () => {
  const { promise: opened, resolve } = Promise.withResolvers<ServerResponse>()
  const server = createServer((_request, raw) => resolve(raw))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  // It asks, and never reads what comes.
  const reader = connect((server.address() as AddressInfo).port, '127.0.0.1')
  reader.pause()
  reader.on('error', () => {})
  reader.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  try {
    const raw = await opened
    const stream = openEventStream(raw, { event: 'x', requestId: 'r', patienceMs: 500 })
    const large = 'x'.repeat(1_000_000)
    let state = 0
    await eventually(() => {
      stream.show(`${state++} ${large}`)
      expect(raw.writableLength).toBeLessThan(3 * large.length)
      return raw.destroyed
    })
    // What the two ends of the connection took in, and no more.
    expect(reader.bytesRead).toBeLessThan(state * large.length)
  } finally {
    reader.destroy()
    server.close()
  }
})
