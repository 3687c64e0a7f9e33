import { Queue, Worker } from 'bullmq'
import { Cluster, Redis } from 'ioredis'
import type { Config } from '../config.ts'
import type { Backend, BackendOptions } from './backend.ts'
import { ANSWER_TIMEOUT_MS, EVERY_WORKER, running, untilReady } from './until-ready.ts'

/** Whom to ask for the master, and as whom. */
export type Sentinels = {
  readonly sentinels: { readonly host: string; readonly port: number }[]
  readonly sentinelUsername?: string
  readonly sentinelPassword?: string
}

/** The Sentinels of a configuration; undefined when it names none. */
export function sentinelsOf({
  REDIS_SENTINELS,
  REDIS_SENTINEL_USER,
  REDIS_SENTINEL_PASSWORD,
}: Config): Sentinels | undefined {
  if (REDIS_SENTINELS === undefined) return undefined
  return {
    sentinels: REDIS_SENTINELS.split(',').map((place) => {
      const colon = place.lastIndexOf(':')
      // An IPv6 address is written in brackets before a port, and without them anywhere else.
      return { host: place.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(place.slice(colon + 1)) }
    }),
    ...(REDIS_SENTINEL_USER === undefined ? {} : { sentinelUsername: REDIS_SENTINEL_USER }),
    ...(REDIS_SENTINEL_PASSWORD === undefined ? {} : { sentinelPassword: REDIS_SENTINEL_PASSWORD }),
  }
}

/**
 * Opens the queue on a Redis: a single one, a Redis Cluster, or the master that Sentinels name. Throws when it cannot be reached, when its
 * user may not use it, and when it is set to evict keys: it would lose jobs when it is full.
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
  // In braces, so that all keys of a queue fall into one slot of a Redis Cluster; each queue into one of its own.
  const slotOf = (name: string) => `{${prefix}:${name}}`
  return {
    kind: 'redis',
    openQueue: (name) => untilReady(() => new Queue(name, { connection: producer, prefix: slotOf(name) }), onError),
    openWorker: async (name, process, options) => {
      const mine = { ...options, ...EVERY_WORKER, connection: consumer, prefix: slotOf(name) }
      return running(await untilReady(() => new Worker(name, process, mine), onError))
    },
    ping: async () => void (await producer.ping()),
    isFull: async () => (await Promise.all(nodesOf(producer).map(isFull))).includes(true),
    nextInLine: (queue, most) => queue.getWaiting(0, most - 1),
    close: async () => {
      producer.disconnect()
      consumer.disconnect()
    },
  }
}

type Patience = { readonly enableOfflineQueue?: boolean; readonly maxRetriesPerRequest: number | null }
type Settings = Patience & { readonly socketTimeout: number }

type Connections = { readonly producer: Redis | Cluster; readonly consumer: Redis | Cluster }

async function connect(options: BackendOptions, redisUrl: string): Promise<Connections> {
  const { onError, answerTimeoutMs = ANSWER_TIMEOUT_MS } = options
  let last: Error | undefined
  let reached = false
  const open = (patience: Patience) => {
    const settings = { ...patience, socketTimeout: answerTimeoutMs }
    const redis = options.redisCluster
      ? openCluster(redisUrl, settings)
      : // At the start, Sentinels that are away are told at once; later they are waited for.
        openSingle(options, redisUrl, settings, (tries) => (reached ? Math.min(tries * 50, 1_000) : null))
    return redis.on('error', (error: Error) => {
      last = error
      onError(error)
    })
  }
  // A producer fails at once when Redis is away: what it wanted to enqueue is durable, and the relay enqueues it later.
  const producer = open({ enableOfflineQueue: false, maxRetriesPerRequest: 1 })
  const consumer = open({ maxRetriesPerRequest: null })
  try {
    await producer.connect()
    reached = true
  } catch (error) {
    producer.disconnect()
    const cause = last ?? (error as Error)
    throw new Error(`cannot reach the Redis of REDIS_URL at ${new URL(redisUrl).host}: ${whatToMend(cause)}`, { cause })
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
    // Still connected to a master that was made a replica: the new one is found by connecting again.
    reconnectOnError: ({ message }) => message.startsWith('READONLY'),
  })
}

/** Of the address, a cluster's client tells the other nodes neither user nor password, and TLS not at all. */
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
    // A certificate is of a name, which is lost when it is looked up here.
    ...(protocol === 'rediss:' ? { dnsLookup: (name, found) => found(null, name) } : {}),
  })
}

const UNKNOWN_AUTHORITY = /self-signed certificate|unable to (verify the first|get local issuer) certificate/

function whatToMend(cause: Error): string {
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

/** What `INFO memory` says, by name. */
async function readMemory(node: Redis): Promise<(name: string) => string | undefined> {
  const memory = await node.info('memory')
  return (name) => new RegExp(`^${name}:(\\S+)`, 'm').exec(memory)?.[1]
}

async function isFull(node: Redis): Promise<boolean> {
  const read = await readMemory(node)
  const [used, most] = [Number(read('used_memory')), Number(read('maxmemory') ?? 0)]
  return most > 0 && used >= most
}

/** By INFO, which BullMQ needs anyway: a managed Redis forbids CONFIG. */
async function refuseEviction(node: Redis, onError: (error: Error) => void): Promise<void> {
  const read = await readMemory(node).catch((error: Error) => {
    if (!error.message.startsWith('NOPERM')) throw error
    throw new Error(
      'the user of REDIS_URL may not use INFO, which the queue needs: allow it (ACL SETUSER <user> +info)',
    )
  })
  const policy = read('maxmemory_policy')
  // What it would lose is woken again by the relay: no reason not to start, but to be known.
  if (policy === undefined)
    onError(new Error('this Redis does not say its maxmemory-policy: make sure that it is noeviction'))
  else if (policy !== 'noeviction')
    throw new Error(
      `Redis would lose jobs when it is full: its maxmemory-policy is ${policy}. Set it to noeviction (CONFIG SET maxmemory-policy noeviction, and in its configuration file; where Redis is managed, in its parameters)`,
    )
}
