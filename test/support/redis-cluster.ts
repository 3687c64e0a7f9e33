import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import getPort from 'get-port'
import { Cluster } from 'ioredis'
import { eventually } from './eventually.ts'
import { startRedis } from './redis.ts'

export type TestRedisCluster = {
  /** Of one of its nodes: the others are found through it. */
  readonly url: string
  /** How many keys each node holds. */
  keysOfEachNode(): Promise<readonly number[]>
  stop(): Promise<void>
}

/** Starts a Redis Cluster of three nodes on loopback, without replicas, which asks for the password if one is given. Throws when it does not form within a minute. */
export async function startRedisCluster({ password }: { readonly password?: string } = {}): Promise<TestRedisCluster> {
  const nodes = await Promise.all(
    [1, 2, 3].map(async () => {
      // The nodes talk to each other on another port, which would be past the last one for a high port plus 10,000.
      const args = [
        '--cluster-enabled',
        'yes',
        '--cluster-port',
        String(await getPort({ host: '127.0.0.1' })),
        '--cluster-node-timeout',
        '2000',
        ...(password === undefined ? [] : ['--requirepass', password, '--masterauth', password]),
      ]
      return startRedis({ args })
    }),
  )
  const hosts = nodes.map(({ port }) => `127.0.0.1:${port}`)
  await promisify(execFile)('redis-cli', [
    ...(password === undefined ? [] : ['-a', password]),
    ...['--cluster', 'create', ...hosts, '--cluster-yes'],
  ])
  const node = nodes[0]?.url as string
  const url = password === undefined ? node : node.replace('://', `://:${password}@`)
  const cluster = new Cluster([url], password === undefined ? {} : { redisOptions: { password } })
  await eventually(
    async () => {
      const info = await Promise.all(cluster.nodes('master').map((node) => node.cluster('INFO')))
      if (info.length !== 3 || info.some((one) => !String(one).includes('cluster_state:ok')))
        throw new Error('not formed yet')
    },
    { timeoutMs: 60_000, intervalMs: 100 },
  )
  return {
    url,
    keysOfEachNode: () => Promise.all(cluster.nodes('master').map((node) => node.dbsize())),
    stop: async () => {
      cluster.disconnect()
      for (const node of nodes) await node.stop()
    },
  }
}
