import { describe, test } from 'vitest'
import { redisUrl } from './redis.ts'

/** Where a stack's queue is kept. */
export type BackendKind = 'postgres' | 'redis'

/** Declares a test that begins when the one before it in its group has ended. */
export type It = (name: string, body: () => Promise<void>) => void

const it: It = (name, body) => test(name, { concurrent: false }, body)

const withoutRedis = redisUrl() === undefined
if (withoutRedis)
  process.stderr.write('No Redis: install redis-server, or set REDIS_URL, to run the tests that need one.\n')

/** A group of tests that runs beside the other groups of its file: most of what these tests do is wait. */
export function describeAlongside(name: string, tests: (it: It) => void): void {
  describe(name, { concurrent: true }, () => tests(it))
}

/** The same, left out where there is no Redis. */
export function describeOnRedis(name: string, tests: (it: It) => void): void {
  describe.skipIf(withoutRedis)(name, { concurrent: true }, () => tests(it))
}

/** The same tests with the queue in Postgres and on Redis, both at the same time. */
export function onEachBackend(name: string, tests: (backend: BackendKind, it: It) => void): void {
  describeAlongside(`${name}, queue in Postgres`, (it) => tests('postgres', it))
  describeOnRedis(`${name}, queue on Redis`, (it) => tests('redis', it))
}
