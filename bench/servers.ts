import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import getPort from 'get-port'
import { startEmbeddedPostgres } from '../src/embedded-postgres/start.ts'

export type QueueKind = 'redis' | 'postgres'

/** The servers of one benchmark: fresh, its own, and gone afterwards. */
export type Servers = {
  /** The maintenance database, as the owner of all. */
  readonly postgresUrl: string
  /** The same server as the service logs in to it. */
  readonly serviceUrl: string
  /** Undefined when the queue is in Postgres. */
  readonly redisUrl: string | undefined
  readonly stop: () => Promise<void>
}

/**
 * Starts a Postgres with the service's own settings, durable as they are, and a Redis when one is asked for.
 * `settings` go over the service's, to try others.
 */
export async function startServers(redis: boolean, settings: Readonly<Record<string, string>> = {}): Promise<Servers> {
  const dataDir = await makeDataDir()
  const postgres = await startEmbeddedPostgres({ dataDir, settings })
  const server = redis ? await startRedis() : undefined
  const stop = async () => {
    await server?.stop()
    await postgres.stop()
    await removeDataDir(dataDir)
  }
  return {
    postgresUrl: Object.assign(new URL(postgres.ownerUrl), { pathname: '/postgres' }).href,
    serviceUrl: postgres.url,
    redisUrl: server?.url,
    stop,
  }
}

/** A new folder for an embedded Postgres. */
export async function makeDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'nightbill-bench-'))
  // Every account may enter, as the one that Postgres runs as under root has to.
  await chmod(dataDir, 0o711)
  return dataDir
}

/** Removes it with the data, which may be kept elsewhere. */
export async function removeDataDir(dataDir: string): Promise<void> {
  const elsewhere = await readFile(join(dataDir, 'postgres-location'), 'utf8').catch(() => undefined)
  if (elsewhere !== undefined) await rm(elsewhere.trim(), { recursive: true, force: true })
  await rm(dataDir, { recursive: true, force: true })
}

/** A Redis on a free port as the service wants it in earnest: append-only file, no eviction. Or one that keeps nothing. */
export async function startRedis(
  appendOnly: 'yes' | 'no' = 'yes',
): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'nightbill-bench-redis-'))
  const port = await getPort({ host: '127.0.0.1' })
  const args = ['--bind', '127.0.0.1', '--port', String(port), '--dir', dir, '--save', '', '--appendonly', appendOnly]
  const child = spawn('redis-server', [...args, '--maxmemory-policy', 'noeviction'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>((done) => child.once('exit', () => done()).once('error', () => done()))
  const killAtExit = () => void child.kill('SIGKILL')
  process.once('exit', killAtExit)
  await accepting(child)
  return {
    url: `redis://127.0.0.1:${port}`,
    stop: async () => {
      child.kill('SIGKILL')
      process.off('exit', killAtExit)
      await ended
      await rm(dir, { recursive: true, force: true })
    },
  }
}

function accepting(redis: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    redis.stdout?.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('Ready to accept connections')) resolve()
    })
    redis.once('error', (error) =>
      reject(
        new Error(
          `redis-server cannot be started (${error.message}): without it there is bill-run with --queue postgres`,
        ),
      ),
    )
    redis.once('exit', (code) => reject(new Error(`redis-server ended with exit code ${code}`)))
  })
}
