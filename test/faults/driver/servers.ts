import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import getPort from 'get-port'
import { Redis } from 'ioredis'
import { startEmbeddedPostgres } from '../../../src/embedded-postgres/start.ts'
import { crashPostgres, signalIfRunning } from '../../support/crash-postgres.ts'
import { makeDataFolder, removeDataFolder } from '../../support/data-folder.ts'

export type PostgresServer = Awaited<ReturnType<typeof startPostgres>>
export type RedisServer = Awaited<ReturnType<typeof startOwnRedis>>

/** A Postgres that writes to the disk before it says so, and that can be killed and started again. Each start may take another port. */
export async function startPostgres() {
  const dataDir = await makeDataFolder()
  const start = () => startEmbeddedPostgres({ dataDir, settings: { shared_buffers: '64MB' } })
  let server = await start()
  let whenMoved: (url: string) => void = () => {}
  const kill = (how: 'SIGKILL' | 'SIGQUIT') => {
    if (how === 'SIGKILL') crashPostgres(server.pid)
    else signalIfRunning(server.pid, how)
  }
  return {
    /** Of the database of this name, as the service logs in to it. */
    url: (database: string) => withDatabase(server.url, database),
    /** The same, as its owner. */
    ownerUrl: (database: string) => withDatabase(server.ownerUrl, database),
    /** Told where it is after each start. */
    onMoved: (told: (url: string) => void) => {
      whenMoved = told
    },
    /** Ends the server and all its processes at once (SIGKILL), or has it end at once by itself (SIGQUIT, an immediate shutdown). */
    kill,
    /** Starts it again after a kill. */
    restart: async () => {
      await server.stop()
      server = await start()
      whenMoved(server.url)
    },
    close: async () => {
      await server.stop()
      await removeDataFolder(dataDir)
    },
  } as const
}

const withDatabase = (url: string, database: string) =>
  Object.assign(new URL(url), { pathname: `/${database}` }).toString()

/** A Redis that keeps nothing on disk, on a port that stays. */
export async function startOwnRedis() {
  const port = await getPort({ host: '127.0.0.1' })
  const folder = await mkdtemp(join(tmpdir(), 'nightbill-redis-'))
  const url = `redis://127.0.0.1:${port}`
  const args = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction']
  const launch = () => spawn('redis-server', [...args, '--port', String(port), '--dir', folder], { stdio: 'ignore' })
  let child = launch()
  process.once('exit', () => child.kill('SIGKILL'))
  const kill = async () => {
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }
  await untilItAnswers(url)
  return {
    url,
    kill,
    restart: async () => {
      child = launch()
      await untilItAnswers(url)
    },
    admin: <T>(act: (redis: Redis) => Promise<T>) => withRedis(url, act),
    close: async () => {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  } as const
}

async function withRedis<T>(url: string, act: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 1, retryStrategy: () => null })
  redis.on('error', () => {})
  try {
    await redis.connect()
    return await act(redis)
  } finally {
    redis.disconnect()
  }
}

async function untilItAnswers(url: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return void (await withRedis(url, (redis) => redis.ping()))
    } catch (error) {
      if (tries === 200) throw new Error('redis-server does not answer: is it installed?', { cause: error })
      await sleep(50)
    }
  }
}
