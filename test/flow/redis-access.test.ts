import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import getPort from 'get-port'
import { Redis } from 'ioredis'
import { expect } from 'vitest'
import { describeOnRedis } from '../support/backends.ts'
import { startProcess } from '../support/processes.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { startRedisCluster } from '../support/redis-cluster.ts'
import { roundTrip } from '../support/round-trip.ts'

const FORBIDS_CONFIG = ['--rename-command', 'CONFIG', '']
const EVICTS = ['--maxmemory', '64mb', '--maxmemory-policy', 'allkeys-lru']

/** What a user of the queue needs: nothing dangerous but INFO, on its own keys alone. */
const RIGHTS = ['on', '>secret:/@', '~{*', '&*', '+@all', '-@dangerous', '+info']

async function withRedis(args: readonly string[], act: (redis: TestRedis) => Promise<void>): Promise<void> {
  const redis = await startRedis({ args })
  try {
    await act(redis)
  } finally {
    await redis.stop()
  }
}

/** A user beside the default one, as `ACL SETUSER` makes it; gives the address with its name and password. */
async function addUser({ url }: TestRedis, rights: readonly string[]): Promise<string> {
  const admin = new Redis(url)
  await admin.call('ACL', 'SETUSER', 'queue', ...rights)
  admin.disconnect()
  return url.replace('://', `://queue:${encodeURIComponent('secret:/@')}@`)
}

describeOnRedis('a Redis that forbids CONFIG', (it) => {
  it('to everybody is used', () =>
    withRedis(FORBIDS_CONFIG, async ({ url }) => expect(await roundTrip({ url })).toEqual([])))

  it('to everybody, and evicts, is refused', () =>
    withRedis([...FORBIDS_CONFIG, ...EVICTS], async ({ url }) => {
      await expect(roundTrip({ url })).rejects.toThrow(/maxmemory-policy is allkeys-lru\. Set it to noeviction/)
    }))

  it('to the user that is named in the address, with password, is used', () =>
    withRedis([], async (redis) => expect(await roundTrip({ url: await addUser(redis, RIGHTS) })).toEqual([])))

  it('to that user, and evicts, is refused', () =>
    withRedis(EVICTS, async (redis) => {
      const url = await addUser(redis, RIGHTS)
      await expect(roundTrip({ url })).rejects.toThrow(/maxmemory-policy is allkeys-lru/)
    }))
})

describeOnRedis('a Redis that cannot be used', (it) => {
  it('since the user may not read INFO, says so', () =>
    withRedis([], async (redis) => {
      const url = await addUser(redis, [...RIGHTS, '-info'])
      await expect(roundTrip({ url })).rejects.toThrow(/may not use INFO.*\+info/)
    }))

  it('since the password is wrong, says so and does not show it', () =>
    withRedis([], async (redis) => {
      const url = (await addUser(redis, RIGHTS)).replace('secret', 'guessed')
      const refused = roundTrip({ url })
      await expect(refused).rejects.toThrow(/cannot reach the Redis of REDIS_URL at 127\.0\.0\.1:\d+: .*WRONGPASS/)
      await expect(refused).rejects.not.toThrow(/guessed/)
    }))
})

describeOnRedis('a Redis behind TLS', (it) => {
  it('whose certificate is of an authority of its own is used by processes that know it, and by no other', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nightbill-tls-'))
    const port = await getPort({ host: '127.0.0.1' })
    const { certificate, args } = await tlsArguments(folder, port)
    const trip = (url: string, env: Record<string, string> = {}) =>
      startProcess(['test/support/round-trip.ts', url], env)
    try {
      await withRedis(args, async (redis) => {
        const url = (await addUser(redis, RIGHTS)).replace(/redis:(.*):\d+$/, `rediss:$1:${port}`)
        const knowing = trip(url, { NODE_EXTRA_CA_CERTS: certificate })
        const unknowing = trip(url)
        expect(await knowing.exited, knowing.stderr.join('\n')).toEqual({ code: 0, signal: null })
        expect(await unknowing.exited).not.toMatchObject({ code: 0 })
        expect(unknowing.stderr.join('\n')).toMatch(/self-signed certificate.*NODE_EXTRA_CA_CERTS/)
      })
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

describeOnRedis('a Redis Cluster', (it) => {
  it('that asks for a password gets it on every node', async () => {
    const cluster = await startRedisCluster({ password: 'secret' })
    try {
      expect(await roundTrip({ url: cluster.url, cluster: true })).toEqual([])
    } finally {
      await cluster.stop()
    }
  })
})

/** A certificate for 127.0.0.1 that signs itself, and how a Redis serves TLS with it. */
async function tlsArguments(folder: string, port: number) {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', '/CN=nightbill test', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate],
  ])
  const files = ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', certificate]
  return { certificate, args: ['--tls-port', String(port), ...files, '--tls-auth-clients', 'no'] }
}
