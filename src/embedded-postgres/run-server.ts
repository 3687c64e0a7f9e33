import { spawn } from 'node:child_process'
import { type FileHandle, open, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import getPort from 'get-port'
import type { Binaries } from './binaries.ts'
import type { Place } from './choose-place.ts'
import { reason } from './create-cluster.ts'
import { commandLine, spawnOptions, waitForEnd } from './processes.ts'

/** A running Postgres server. `ended` resolves with the reason when it has ended. */
export type Server = {
  readonly pid: number
  readonly port: number
  readonly ended: Promise<string>
  stop(): Promise<void>
}

/** After a crash Postgres replays its WAL before it answers. With max_wal_size=4GB that can take minutes. */
const START_TIMEOUT_MS = 600_000
const STOP_TIMEOUT_MS = 60_000
const MAX_ATTEMPTS = 10

/**
 * Starts the server on a free loopback port and waits until it accepts connections. First stops a server that a killed process left
 * running. Tries again when the port was taken meanwhile, or while processes of an old server are still ending.
 */
export async function runServer(
  binaries: Binaries,
  place: Place,
  settings: Readonly<Record<string, string>>,
  log: (line: string) => void,
) {
  for (let attempt = 1; ; attempt++) {
    await endOrphan(join(place.home, 'postgres'), log)
    const started = await launch(binaries, place, settings)
    if (typeof started !== 'string') return started
    const isTransient = /Address already in use|already exists|still in use/i.test(started)
    if (!isTransient || attempt === MAX_ATTEMPTS) {
      throw new Error(
        `the embedded Postgres did not start: ${reason(started)} (see ${join(place.home, 'postgres.log')})`,
      )
    }
    await delay(attempt * 100)
  }
}

/** Stops a server that a killed process has left running. The caller has locked the folder, so nobody else uses the server. */
async function endOrphan(cluster: string, log: (line: string) => void): Promise<void> {
  const file = join(cluster, 'postmaster.pid')
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n')
  const pid = Number(lines[0])
  if (!Number.isInteger(pid) || pid <= 0) return
  if ((await commandLine(pid)).includes(`postgres -D ${cluster} -p `)) {
    log(`stopping the Postgres (process ${pid}) that an earlier, killed start left behind`)
    if (!(await signalUntilEnd(pid)))
      throw new Error(`process ${pid} serves ${cluster} and does not stop: end it (kill -9 ${pid}), and start again`)
  }
  // Another program may have the old server's process id by now, and Postgres would think that the folder is in use. So the id is replaced
  // by that of this process: Postgres knows that its parent is no server. The other lines stay, because by them Postgres checks whether
  // processes of the old server still run.
  const left = await readFile(file, 'utf8').catch(() => undefined)
  if (left !== undefined) await writeFile(file, [process.pid, ...left.split('\n').slice(1)].join('\n'))
}

async function signalUntilEnd(pid: number): Promise<boolean> {
  // First a fast shutdown. Then an immediate one, which is safe too, but the next start has to replay the WAL.
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    try {
      process.kill(pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true
      throw error
    }
    if (await waitForEnd(pid, STOP_TIMEOUT_MS)) return true
  }
  return false
}

/** Starts the server. Returns it when it is ready, or its output when it ended before. */
async function launch(
  binaries: Binaries,
  { home, account }: Place,
  settings: Readonly<Record<string, string>>,
): Promise<Server | string> {
  const cluster = join(home, 'postgres')
  const port = await getPort({ host: '127.0.0.1' })
  const logFile = join(home, 'postgres.log')
  await rename(logFile, `${logFile}.1`).catch(() => undefined)
  // A file, not a pipe, so that a server that outlives this process can still write its log.
  const output = await open(logFile, 'w', 0o600)
  const args = [
    '-D',
    cluster,
    '-p',
    String(port),
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]
  const server = await spawned(binaries.postgres, args, output, account)
  const deadline = Date.now() + START_TIMEOUT_MS
  while (Date.now() < deadline) {
    const ended = await Promise.race([server.ended, delay(10)])
    if (ended !== undefined) return `${await readFile(logFile, 'utf8')}\n${ended}`
    if (await isReady(cluster, server.pid)) return { ...server, port }
  }
  await server.stop()
  return `not ready after ${START_TIMEOUT_MS / 1000} s`
}

/** Line 8 of postmaster.pid is the state of the server. */
async function isReady(cluster: string, pid: number): Promise<boolean> {
  const lines = (await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  return lines[0] === String(pid) && lines[7]?.trim() === 'ready'
}

async function spawned(file: string, args: readonly string[], output: FileHandle, account: Place['account']) {
  // Detached, so that Ctrl-C in a terminal does not reach Postgres: the service stops its work first, and Postgres last.
  const child = spawn(file, args, { ...spawnOptions(account), detached: true, stdio: ['ignore', output.fd, output.fd] })
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(`Postgres ended (${signal ?? `exit code ${code}`})`))
  })
  await output.close()
  const interrupt = () => child.kill('SIGINT')
  process.once('exit', interrupt)
  void ended.then(() => process.off('exit', interrupt))
  const stop = async () => {
    interrupt()
    const limit = new AbortController()
    const late = delay(STOP_TIMEOUT_MS, undefined, { signal: limit.signal }).then(
      () => child.kill('SIGQUIT'),
      () => false,
    )
    await Promise.race([ended, late])
    limit.abort()
    await ended
  }
  return { pid: child.pid ?? 0, ended, stop }
}
