import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import getPort from 'get-port'
import { inject } from 'vitest'
import './provided.ts'

export type TestRedis = {
  readonly url: string
  readonly pid: number
  readonly port: number
  /** Sends a signal and, unless it is one that the process survives, waits for its end. */
  kill(signal: NodeJS.Signals): Promise<void>
  stop(): Promise<void>
}

export type RedisOptions = {
  /** A port of its own choice when a killed Redis has to come back where it was. */
  readonly port?: number
  /** More arguments of redis-server, for example `['--maxmemory', '4mb']`. */
  readonly args?: readonly string[]
}

/** The Redis of this test run; undefined when the machine has none. Give each queue a prefix of its own: all test files share it. */
export function redisUrl(): string | undefined {
  return inject('redisUrl') || undefined
}

/** Starts a Redis that keeps nothing on disk. Throws when redis-server is not on the PATH, or does not come up within a minute. */
export async function startRedis(options: RedisOptions = {}): Promise<TestRedis> {
  const port = options.port ?? (await getPort({ host: '127.0.0.1' }))
  const folder = await mkdtemp(join(tmpdir(), 'nightbill-redis-'))
  const fixed = [
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--maxmemory-policy',
    'noeviction',
    '--daemonize',
    'no',
  ]
  const args = [...fixed, '--port', String(port), '--dir', folder, ...(options.args ?? [])]
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()))
  const killAtExit = () => child.kill('SIGKILL')
  process.once('exit', killAtExit)
  const kill = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await ended
  }
  const stop = async () => {
    await kill('SIGKILL')
    process.off('exit', killAtExit)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await readyToAccept(child)
  } catch (error) {
    await stop()
    throw error
  }
  return { url: `redis://127.0.0.1:${port}`, pid: child.pid ?? 0, port, kill, stop }
}

function readyToAccept(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = ''
    const late = setTimeout(() => reject(new Error(`redis-server is not ready after a minute: ${output}`)), 60_000)
    const settle = (act: () => void) => () => {
      clearTimeout(late)
      act()
    }
    const onOutput = (chunk: Buffer) => {
      output = (output + chunk).slice(-10_000)
      if (/ready to accept connections/i.test(output)) settle(resolve)()
    }
    child.stdout?.on('data', onOutput)
    child.stderr?.on('data', onOutput)
    child.once('error', (error) => settle(() => reject(error))())
    child.once(
      'exit',
      settle(() => reject(new Error(`redis-server ended: ${output}`))),
    )
  })
}
