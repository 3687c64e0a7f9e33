import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { environmentWith } from '../config.ts'

/**
 * The pause before a process is started again, in ms. It is short for a process that ran for at least MIN_UPTIME_MS, and doubles each time
 * for one that ended earlier.
 */
const MIN_PAUSE_MS = 100
const MAX_PAUSE_MS = 2_000
const MIN_UPTIME_MS = 3_000
/** The exit code of runEntry when a person must fix something. To start the process again would not help. */
const CANNOT_START = 2

export type Supervision = {
  readonly folder: string
  /** Variables for the processes, in addition to this process's own. */
  readonly env: Readonly<Record<string, string>>
  /** Aborted when the processes are to stop. */
  readonly stop: AbortSignal
  /** How long the processes may take to stop, in ms. */
  readonly stopWithinMs: number
  readonly log: Logger
  /** Takes what the processes write to stdout, line by line, in place of this process's own stdout. */
  readonly onLine?: ((line: string) => void) | undefined
}

/**
 * Runs processes until `stop` is aborted, and starts a process again when it dies. Returns the exit code: 0 after a stop, 2 when a process
 * cannot start. If this process is killed, its IPC channels close, which tells the processes to stop.
 */
export async function superviseProcesses(
  processes: Readonly<Record<string, readonly string[]>>,
  { folder, env, stop, stopWithinMs, log, onLine }: Supervision,
): Promise<number> {
  if (stop.aborted) return 0
  const running = new Set<ChildProcess>()
  let stopping = false
  const stopped = once(stop, 'abort').then(() => 0)

  const keepRunning = async (name: string, args: readonly string[]): Promise<number> => {
    let pauseMs = MIN_PAUSE_MS
    for (let starts = 1; ; starts += 1) {
      const startedAt = performance.now()
      const child = spawn(process.execPath, args, {
        cwd: folder,
        env: environmentWith(env),
        stdio: ['ignore', onLine ? 'pipe' : 'inherit', 'inherit', 'ipc'],
      })
      if (onLine && child.stdout) createInterface({ input: child.stdout }).on('line', onLine)
      running.add(child)
      const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
      running.delete(child)
      if (stopping) return 0
      // After the first start, the same code may only mean that the database is away at this moment.
      if (code === CANNOT_START && starts === 1) return code
      log.error({ process: name, code, signal }, 'a process ended unexpectedly; starting it again')
      pauseMs = performance.now() - startedAt > MIN_UPTIME_MS ? MIN_PAUSE_MS : Math.min(2 * pauseMs, MAX_PAUSE_MS)
      await sleep(pauseMs)
      if (stopping) return 0
    }
  }

  const kept = Object.entries(processes).map(([name, args]) => keepRunning(name, args))
  const exitCode = await Promise.race([stopped, ...kept])
  stopping = true
  for (const child of running) child.kill('SIGTERM')
  const deadline = setTimeout(() => {
    for (const child of running) child.kill('SIGKILL')
  }, stopWithinMs)
  await Promise.all(kept)
  clearTimeout(deadline)
  return exitCode
}
