import { sql } from 'kysely'
import { openApiClient } from '../../client/api-client.ts'
import type { Config } from '../../config.ts'
import { pendingMigrations } from '../../db/migrate.ts'
import { type Db, openDb } from '../../db/open.ts'
import { refuseOwner } from '../../db/service-login.ts'
import { findAnnouncedDatabase } from '../announce-database.ts'
import type { ClientDefaults } from '../client-command.ts'
import type { Finding } from './finding.ts'

const WITHIN_MS = 5_000
const MAX_CLOCK_SECONDS = 2

type Found = Omit<Finding, 'part'>

/** Opens the database that the settings name, or that of the service that runs here; undefined when there is none. */
export async function openNamedDatabase(config: Config): Promise<Db | undefined> {
  const url = config.DATABASE_URL ?? (await findAnnouncedDatabase(config.DATA_DIR))
  if (url === undefined) return undefined
  const timeouts = { statementTimeoutMs: WITHIN_MS, lockTimeoutMs: WITHIN_MS, answerTimeoutMs: WITHIN_MS }
  return openDb({ url, max: 1, name: 'nightbill doctor', ...timeouts, onIdleError: () => {} })
}

export async function checkDatabase(db: Db | undefined, { DATA_DIR }: Config): Promise<Found> {
  if (!db) {
    const text = `no service runs on ${DATA_DIR}, and DATABASE_URL is not set: start one with npm start`
    return { verdict: 'look', text }
  }
  const { rows } = await sql<{ version: string; role: string }>`
    select current_setting('server_version') as version, current_user as role`
    .execute(db)
    .catch((error) => {
      throw new Error(`it cannot be reached: ${(error as Error).message}`)
    })
  const { version = '', role = '' } = rows[0] ?? {}
  const missing = await pendingMigrations(db)
  if (missing.length > 0) return { verdict: 'broken', text: `it lacks ${missing.join(', ')}: run nightbill migrate` }
  await refuseOwner(db)
  return { verdict: 'ok', text: `${version.split(' ')[0]}, role ${role}, migrations current` }
}

export async function checkClock(db: Db): Promise<Found> {
  const before = Date.now()
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db)
  const own = (before + Date.now()) / 2
  const seconds = Math.abs((rows[0]?.now.getTime() ?? 0) - own) / 1_000
  const text = `${seconds.toFixed(1)} s from the database's`
  return seconds <= MAX_CLOCK_SECONDS
    ? { verdict: 'ok', text }
    : { verdict: 'look', text: `${text}: let both follow the same time servers` }
}

/** A Redis that evicts keys would lose jobs. */
export async function checkQueue(config: Config): Promise<Found> {
  if (config.REDIS_URL === undefined) return { verdict: 'ok', text: 'in Postgres' }
  if (config.REDIS_SENTINELS !== undefined || config.REDIS_CLUSTER) {
    return { verdict: 'ok', text: 'on a Redis of several nodes, which the service checks at its start' }
  }
  const { Redis } = await import('ioredis')
  const redis = new Redis(config.REDIS_URL, {
    lazyConnect: true,
    connectTimeout: WITHIN_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  })
  let lost: Error | undefined
  redis.on('error', (error) => {
    lost = error
  })
  try {
    await redis.connect().catch((error) => {
      throw new Error(`Redis cannot be reached: ${(lost ?? error).message}`)
    })
    const info = await redis.info()
    const read = (name: string) => new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]?.trim()
    const policy = read('maxmemory_policy') ?? 'unknown'
    const text = `Redis ${read('redis_version')}, maxmemory-policy ${policy}`
    if (policy === 'noeviction') return { verdict: 'ok', text }
    return { verdict: 'broken', text: `${text}: jobs may vanish. redis-cli config set maxmemory-policy noeviction` }
  } finally {
    redis.disconnect()
  }
}

/** Whether the API can be reached, and what the key may do. */
export async function checkApi({ url, keyFor }: ClientDefaults): Promise<Found> {
  const apiKey = keyFor(url)?.value
  const client = openApiClient({ baseUrl: url, apiKey, answerWithinMs: WITHIN_MS, maxAttempts: 1 })
  if (apiKey === undefined) return { verdict: 'look', text: `${url}, and there is no key for it: nightbill login` }
  const { name, scopes } = await client.getMe()
  return { verdict: 'ok', text: `${url}, key ${name} may ${scopes.join(', ')}` }
}
