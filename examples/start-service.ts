import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import getPort from 'get-port'

const projectFolder = fileURLToPath(new URL('..', import.meta.url))

const readyWithinMs = 180_000
const stopWithinMs = 40_000
/** What a process wrote last may arrive after the news of its end. */
const flushWithinMs = 200
/** How much of the service's output is kept for the case that it dies, in characters. */
const keptOutput = 8_000

export type Service = {
  readonly baseUrl: string
  readonly apiKey: string
  /** The environment that it runs with, for other commands on the same data. */
  readonly env: NodeJS.ProcessEnv
  /** Rejects when the service ends without having been told to, with the last of its output. Never resolves. */
  readonly died: Promise<never>
  /** Stops it and waits until it has ended. */
  readonly stop: () => Promise<void>
}

/** Starts the service as `npm start` does, on a free port unless one is given. It is ready once `untilReady` is done. */
export async function startService({ dataDir, port }: { dataDir: string; port?: number }): Promise<Service> {
  const apiKey = `demo-${randomBytes(24).toString('base64url')}`
  const chosenPort = port ?? (await getPort({ host: '127.0.0.1' }))
  const env = serviceEnv({ PORT: String(chosenPort), HOST: '127.0.0.1', DATA_DIR: dataDir, BOOTSTRAP_API_KEY: apiKey })
  // A process group of its own: Ctrl-C then reaches the demo alone, which stops the service in order.
  const child = spawn(process.execPath, ['bin/nightbill.js', 'serve'], {
    cwd: projectFolder,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // The last resort, should the demo itself crash.
  process.once('exit', () => child.kill('SIGTERM'))
  const output = keepOutput(child)
  const exited = once(child, 'exit')
  const died = exited.then(async ([code, signal]) => {
    await sleep(flushWithinMs)
    throw new Error(`The service ended (${signal ?? `exit code ${code}`}). The last of its output:\n${output()}`)
  })
  died.catch(() => {})
  return { baseUrl: `http://127.0.0.1:${chosenPort}`, apiKey, env, died, stop: () => stop(child, exited) }
}

/** Waits until the service can serve; throws what it died of, or that it takes too long. */
export async function untilReady({ baseUrl, died }: Service): Promise<void> {
  const ready = async () => {
    const deadline = performance.now() + readyWithinMs
    while (performance.now() < deadline) {
      const answer = await fetch(`${baseUrl}/readyz`, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined)
      await answer?.body?.cancel()
      if (answer?.status === 200) return
      await sleep(200)
    }
    throw new Error(`The service is not ready after ${readyWithinMs / 1_000} s`)
  }
  await Promise.race([ready(), died])
}

/** Runs another command of the service's on the same data, and gives its standard output and exit code. */
export async function runCommand(
  service: Service,
  args: readonly string[],
): Promise<{ stdout: string; exitCode: number }> {
  const child = spawn(process.execPath, ['bin/nightbill.js', ...args], {
    cwd: projectFolder,
    env: service.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  const [exitCode] = await once(child, 'close')
  return { stdout, exitCode: exitCode ?? 1 }
}

/** The caller's environment, except that the demo never touches a database or a Redis that someone works with. */
function serviceEnv(settings: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { DATABASE_URL: _database, OWNER_DATABASE_URL: _owner, REDIS_URL: _redis, ...inherited } = process.env
  return { ...inherited, ...settings }
}

function keepOutput({ stdout, stderr }: ChildProcess): () => string {
  let kept = ''
  for (const stream of [stdout, stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      kept = (kept + text).slice(-keptOutput)
    })
  }
  return () => kept.trimEnd()
}

async function stop(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  if (child.pid === undefined) return
  if (child.kill('SIGTERM')) await Promise.race([exited, sleep(stopWithinMs, undefined, { ref: false })])
  killGroup(child.pid)
}

/** What a service that crashed, or did not stop in time, leaves behind: its database. Usually nothing is there. */
function killGroup(groupId: number): void {
  try {
    process.kill(-groupId, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
