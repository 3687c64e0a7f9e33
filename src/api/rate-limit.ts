import rateLimit, { type RateLimitPluginOptions } from '@fastify/rate-limit'
import type { Config } from '../config.ts'
import { Refusal } from '../problems.ts'
import type { Api } from './context.ts'
import { networkOf, type RequestCounts } from './request-counts.ts'

/** Limits how many requests a minute a key may make, and, on what is open to all, an address. */
export async function limitRequests(api: Api, config: Config, counts: RequestCounts): Promise<void> {
  await api.register(rateLimit, {
    max: ({ caller }) => (caller ? config.RATE_LIMIT_PER_MINUTE : config.RATE_LIMIT_UNKNOWN_PER_MINUTE),
    timeWindow: 60_000,
    // By the key that the request was found to have.
    hook: 'preParsing',
    keyGenerator: ({ caller, ip }) => (caller ? `key ${caller.id}` : `without a key from ${networkOf(ip)}`),
    store: storeOf(counts),
    errorResponseBuilder: ({ caller }, { after }) =>
      new Refusal(
        'too_many_requests',
        `too many requests ${caller ? 'with this key' : 'from this address'}: try again in ${after}`,
      ),
  })
}

/** The counts, in the form that the plugin asks for. */
function storeOf(counts: RequestCounts): NonNullable<RateLimitPluginOptions['store']> {
  return class Store {
    incr(subject: string, told: (error: Error | null, result?: { current: number; ttl: number }) => void): void {
      const { count, resetInMs } = counts.take(subject)
      told(null, { current: count, ttl: resetInMs })
    }
    child(): Store {
      return this
    }
  }
}
