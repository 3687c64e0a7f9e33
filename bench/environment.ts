import { readFile } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import { Redis } from 'ioredis'
import { connected } from './database.ts'
import type { Servers } from './servers.ts'

/** What was measured on and with. */
export type Environment = {
  readonly cpus: string
  readonly memory: string
  readonly node: string
  readonly postgres: string
  readonly redis: string | undefined
  readonly bullmq: string
}

export async function readEnvironment({ postgresUrl, redisUrl }: Servers): Promise<Environment> {
  const { rows } = await connected(postgresUrl, (client) =>
    client.query(`select current_setting('server_version') as version`),
  )
  const manifest = new URL('../node_modules/bullmq/package.json', import.meta.url)
  return {
    cpus: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GB`,
    node: process.version,
    postgres: rows[0]?.version,
    redis: redisUrl === undefined ? undefined : await redisVersion(redisUrl),
    bullmq: JSON.parse(await readFile(manifest, 'utf8')).version,
  }
}

async function redisVersion(url: string): Promise<string | undefined> {
  const redis = new Redis(url)
  try {
    return (await redis.info('server')).match(/redis_version:(\S+)/)?.[1]
  } finally {
    redis.disconnect()
  }
}
