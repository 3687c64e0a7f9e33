import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { networkOf } from '../../src/api/request-counts.ts'
import { eventually } from '../support/eventually.ts'
import { expectProblem } from '../support/problem.ts'
import { type CallOptions, openService, type Service } from '../support/service.ts'

/** Longer than a process believes a key that it has found. */
const KEY_BELIEVED_MS = 1_200

let service: Service

beforeAll(async () => {
  service = await openService()
})
afterAll(() => service.close())

async function withLimits(settings: Readonly<Record<string, string>>, use: (limited: Service) => Promise<void>) {
  const limited = await openService({ database: service.database, settings })
  try {
    await use(limited)
  } finally {
    await limited.close()
  }
}

const guess = (limited: Service, index: number, options: CallOptions = {}) =>
  limited.call('GET', '/v1/accounts', { key: `nb_guess-${index}`, ...options })

describe('keys that are not known', () => {
  test('are looked up so often a minute from one address, however many come at once; keys in use go on', async () => {
    await withLimits({ RATE_LIMIT_UNKNOWN_PER_MINUTE: '20' }, async (limited) => {
      const known = limited.keys.read
      expect((await limited.call('GET', '/v1/accounts', { key: known })).status).toBe(200)
      const answers = await Promise.all(Array.from({ length: 500 }, (_, index) => guess(limited, index)))
      const refused = answers.filter(({ status }) => status === 429)
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(20)
      expect(refused).toHaveLength(480)
      const { detail } = expectProblem(refused[0] as (typeof refused)[0], 429, 'too_many_requests')
      expect(detail).toContain('address')
      expect(Number(refused[0]?.headers['retry-after'])).toBeGreaterThan(0)

      // Also once it has to be looked up again.
      await sleep(KEY_BELIEVED_MS)
      expect((await limited.call('GET', '/v1/accounts', { key: known })).status).toBe(200)
      // A key that this process has not seen in use is a guess like any other.
      expect((await limited.call('GET', '/v1/credits', { key: limited.keys.operate })).status).toBe(429)
    })
  })

  test('count by the address of the caller behind a proxy that is trusted, and of the proxy otherwise', async () => {
    const from = (address: string) => ({ headers: { 'x-forwarded-for': address } })
    const statuses = async (limited: Service, addresses: readonly string[]) => {
      const found: number[] = []
      for (const [index, address] of addresses.entries())
        found.push((await guess(limited, index, from(address))).status)
      return found
    }
    const three = ['203.0.113.1', '203.0.113.2', '203.0.113.3']
    await withLimits({ RATE_LIMIT_UNKNOWN_PER_MINUTE: '1', TRUST_PROXY: '127.0.0.1' }, async (limited) => {
      expect(await statuses(limited, three)).toEqual([401, 401, 401])
      expect(await statuses(limited, three)).toEqual([429, 429, 429])
      // Of IPv6 the network counts.
      expect(await statuses(limited, ['2001:db8::1', '2001:db8::2', '2001:db8:0:1::1'])).toEqual([401, 429, 401])
    })
    await withLimits({ RATE_LIMIT_UNKNOWN_PER_MINUTE: '1' }, async (limited) => {
      expect((await statuses(limited, three)).slice(1)).toEqual([429, 429])
    })
  })

  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '::ffff:203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::6', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
  ])('the network of %s is %s', (address, network) => expect(networkOf(address)).toBe(network))
})

test('what is open to all is limited by address, save for those that look whether the service lives', async () => {
  await withLimits({ RATE_LIMIT_UNKNOWN_PER_MINUTE: '5' }, async (limited) => {
    const ask = async (path: string) => {
      const answers = await Promise.all(Array.from({ length: 10 }, () => limited.call('GET', path, { key: null })))
      return answers.filter(({ status }) => status === 429).length
    }
    expect(await ask('/openapi.json')).toBeGreaterThanOrEqual(5)
    for (const path of ['/healthz', '/readyz']) expect([path, await ask(path)]).toEqual([path, 0])
  })
})

test('several processes have one limit together', async () => {
  const settings = { RATE_LIMIT_PER_MINUTE: '40' }
  await withLimits(settings, async (one) => {
    await withLimits(settings, async (other) => {
      const key = one.keys.read
      const ask = async (of: Service) => (await of.call('GET', '/v1/accounts', { key })).status
      // Again when a new minute has begun meanwhile, and with it a new count; the other is never asked often enough to reach the limit alone.
      await eventually(
        async () => {
          for (let index = 0; index < 41; index += 1) await ask(one)
          await sleep(2_500)
          expect(await ask(other)).toBe(429)
        },
        { timeoutMs: 20_000 },
      )
    })
  })
})
