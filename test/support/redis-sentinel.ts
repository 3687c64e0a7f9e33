import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import getPort from 'get-port'
import { Redis } from 'ioredis'
import { eventually } from './eventually.ts'
import { startRedis, type TestRedis } from './redis.ts'

export type TestSentinel = {
  /** As REDIS_SENTINELS takes it. */
  readonly address: string
  readonly master: TestRedis
  readonly replica: TestRedis
  /** The port of what the Sentinel calls the master now. */
  masterPort(): Promise<number>
  stop(): Promise<void>
}

export const MASTER = 'myMaster'

/** Starts a master, a replica of it, and a Sentinel that asks for a password and calls a master lost after a second. Throws when they do not know each other within 20 s. */
export async function startSentinel(password: string): Promise<TestSentinel> {
  const master = await startRedis()
  const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(master.port)] })
  const folder = await mkdtemp(join(tmpdir(), 'nightbill-sentinel-'))
  const port = await getPort({ host: '127.0.0.1' })
  const file = join(folder, 'sentinel.conf')
  await writeFile(
    file,
    `bind 127.0.0.1
port ${port}
dir ${folder}
requirepass ${password}
sentinel monitor ${MASTER} 127.0.0.1 ${master.port} 1
sentinel down-after-milliseconds ${MASTER} 1000
sentinel failover-timeout ${MASTER} 5000
`,
  )
  const child = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()))
  const killAtExit = () => child.kill('SIGKILL')
  process.once('exit', killAtExit)
  const admin = new Redis({
    host: '127.0.0.1',
    port,
    password,
    maxRetriesPerRequest: null,
    retryStrategy: () => 100,
  }).on('error', () => {})
  const stop = async () => {
    admin.disconnect()
    child.kill('SIGKILL')
    await ended
    process.off('exit', killAtExit)
    for (const redis of [master, replica]) await redis.stop()
    await rm(folder, { recursive: true, force: true })
  }
  const masterPort = async () =>
    Number(((await admin.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', MASTER)) as string[])[1])
  try {
    await eventually(
      async () => {
        const replicas = (await admin.call('SENTINEL', 'REPLICAS', MASTER)) as unknown[]
        if (!JSON.stringify(replicas).includes('"master-link-status","ok"')) throw new Error('no replica yet')
      },
      { timeoutMs: 20_000, intervalMs: 100 },
    )
  } catch (error) {
    await stop()
    throw error
  }
  return { address: `127.0.0.1:${port}`, master, replica, masterPort, stop }
}
