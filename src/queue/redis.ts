import { Queue, Worker } from 'bullmq'
import { Cluster, Redis } from 'ioredis'
import type { Config } from '../config.ts'
import type { Backend, BackendOptions } from './backend.ts'
import { ANSWER_TIMEOUT_MS, runWorker, untilReady, WORKER_OPTIONS } from './until-ready.ts'

/** The Sentinels to ask for the master, and the login there. */
export type Sentinels = {
  readonly sentinels: { readonly host: string; readonly port: number }[]
  readonly sentinelUsername?: string
  readonly sentinelPassword?: string
}

/** The Sentinels that a configuration names; undefined when it names none. */
export function sentinelsOf({
  REDIS_SENTINELS,
  REDIS_SENTINEL_USER,
  REDIS_SENTINEL_PASSWORD,
}: Config): Sentinels | undefined {
  if (REDIS_SENTINELS === undefined) return undefined
  return {
    sentinels: REDIS_SENTINELS.split(',').map((place) => {
      const colon = place.lastIndexOf(':')
      // An IPv6 address has brackets before a port; ioredis wants it without them.
      return { host: place.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(place.slice(colon + 1)) }
    }),
    ...(REDIS_SENTINEL_USER === undefined ? {} : { sentinelUsername: REDIS_SENTINEL_USER }),
    ...(REDIS_SENTINEL_PASSWORD === undefined ? {} : { sentinelPassword: REDIS_SENTINEL_PASSWORD }),
  }
}

/**
 * Opens the queue on a Redis: a single one, a Redis Cluster, or the master that Sentinels name. Throws when it cannot be reached, when the
 * user lacks rights, or when its configuration evicts keys, since it would then lose jobs when it is full.
 */
export async function openRedisBackend(options: BackendOptions, redisUrl: string): Promise<Backend> {
  const { prefix, onError } = options
  const { producer, consumer } = await connect(options, redisUrl)
  try {
    for (const node of nodesOf(producer)) await refuseEviction(node, onError)
  } catch (error) {
    producer.disconnect()
    throw error
  }
  // The braces are a hash tag: they put all keys of a queue into one slot of a Redis Cluster, and each queue into a slot of its own.
  const prefixOf = (name: string) => `{${prefix}:${name}}`
  return {
    kind: 'redis',
    openQueue: (name) => untilReady(() => new Queue(name, { connection: producer, prefix: prefixOf(name) }), onError),
    openWorker: async (name, process, options) => {
      const workerOptions = { ...options, ...WORKER_OPTIONS, connection: consumer, prefix: prefixOf(name) }
      return runWorker(await untilReady(() => new Worker(name, process, workerOptions), onError))
    },
    ping: async () => void (await producer.ping()),
    isFull: async () => (await Promise.all(nodesOf(producer).map(isFull))).includes(true),
    nextJobs: (queue, max) => queue.getWaiting(0, max - 1),
    close: async () => {
      producer.disconnect()
      consumer.disconnect()
    },
  }
}

type RetrySettings = { readonly enableOfflineQueue?: boolean; readonly maxRetriesPerRequest: number | null }
type Settings = RetrySettings & { readonly socketTimeout: number }

type Connections = { readonly producer: Redis | Cluster; readonly consumer: Redis | Cluster }

async function connect(options: BackendOptions, redisUrl: string): Promise<Connections> {
  const { onError, answerTimeoutMs = ANSWER_TIMEOUT_MS } = options
  let last: Error | undefined
  let reached = false
  const open = (retrySettings: RetrySettings) => {
    const settings = { ...retrySettings, socketTimeout: answerTimeoutMs }
    const redis = options.redisCluster
      ? openCluster(redisUrl, settings)
      : // At the start, unreachable Sentinels are an error at once. Later they are retried for ever.
        openSingle(options, redisUrl, settings, (tries) => (reached ? Math.min(tries * 50, 1_000) : null))
    return redis.on('error', (error: Error) => {
      last = error
      onError(error)
    })
  }
  // A producer fails at once when Redis is away: the work is in Postgres, and the relay enqueues it later.
  const producer = open({ enableOfflineQueue: false, maxRetriesPerRequest: 1 })
  const consumer = open({ maxRetriesPerRequest: null })
  try {
    await producer.connect()
    reached = true
  } catch (error) {
    producer.disconnect()
    const cause = last ?? (error as Error)
    throw new Error(`cannot reach the Redis of REDIS_URL at ${new URL(redisUrl).host}: ${adviceFor(cause)}`, { cause })
  }
  return { producer, consumer }
}

function openSingle(
  { redisSentinels }: BackendOptions,
  redisUrl: string,
  settings: Settings,
  sentinelRetryStrategy: (tries: number) => number | null,
): Redis {
  const { hostname, protocol } = new URL(redisUrl)
  const throughSentinels = redisSentinels && {
    ...redisSentinels,
    name: hostname,
    sentinelRetryStrategy,
    ...(protocol === 'rediss:' ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
  }
  return new Redis(redisUrl, {
    ...settings,
    ...throughSentinels,
    lazyConnect: true,
    // READONLY: this master has become a replica. Connecting again finds the new master.
    reconnectOnError: ({ message }) => message.startsWith('READONLY'),
  })
}

/** A cluster's client does not use the user, password and TLS of the URL for the other nodes, so they are options here. */
function openCluster(redisUrl: string, settings: Settings): Cluster {
  const { username, password, protocol } = new URL(redisUrl)
  const redisOptions = {
    ...settings,
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
  }
  return new Cluster([redisUrl], {
    lazyConnect: true,
    redisOptions,
    // No lookup to an address here: a certificate is checked against the host name.
    ...(protocol === 'rediss:' ? { dnsLookup: (name, found) => found(null, name) } : {}),
  })
}

const UNKNOWN_AUTHORITY = /self-signed certificate|unable to (verify the first|get local issuer) certificate/

function adviceFor(cause: Error): string {
  const { message, lastNodeError } = cause as Error & { readonly lastNodeError?: Error }
  const reason = lastNodeError?.message ?? message
  if (UNKNOWN_AUTHORITY.test(reason))
    return `${reason}; name the file with the certificate of its authority in NODE_EXTRA_CA_CERTS`
  return /^(WRONGPASS|NOAUTH|NOPERM)/.test(reason)
    ? `${reason}; check user name and password, and the user's rights`
    : `${reason}; check the address, and that it is running`
}

const nodesOf = (redis: Redis | Cluster): readonly Redis[] =>
  redis instanceof Cluster ? redis.nodes('master') : [redis]

/** Reads `INFO memory`. Returns a function that gives a field by its name. */
async function readMemory(node: Redis): Promise<(name: string) => string | undefined> {
  const memory = await node.info('memory')
  return (name) => new RegExp(`^${name}:(\\S+)`, 'm').exec(memory)?.[1]
}

async function isFull(node: Redis): Promise<boolean> {
  const read = await readMemory(node)
  const [used, max] = [Number(read('used_memory')), Number(read('maxmemory') ?? 0)]
  return max > 0 && used >= max
}

/** Reads the policy by INFO, which BullMQ needs anyway: a managed Redis often forbids CONFIG. */
async function refuseEviction(node: Redis, onError: (error: Error) => void): Promise<void> {
  const read = await readMemory(node).catch((error: Error) => {
    if (!error.message.startsWith('NOPERM')) throw error
    throw new Error(
      'the user of REDIS_URL may not use INFO, which the queue needs: allow it (ACL SETUSER <user> +info)',
    )
  })
  const policy = read('maxmemory_policy')
  // The relay would enqueue lost jobs again, so an unknown policy is no reason not to start. But people should know.
  if (policy === undefined)
    onError(new Error('this Redis does not say its maxmemory-policy: make sure that it is noeviction'))
  else if (policy !== 'noeviction')
    throw new Error(
      `Redis would lose jobs when it is full: its maxmemory-policy is ${policy}. Set it to noeviction (CONFIG SET maxmemory-policy noeviction, and in its configuration file; where Redis is managed, in its parameters)`,
    )
}
