import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { environmentWith } from '../config.ts'

/** The pause before a process is started again, in ms: hardly any for one that has run for a while, longer each time for one that does not stay up. */
const FIRST_PAUSE_MS = 100
const MAX_PAUSE_MS = 2_000
const STAYED_UP_MS = 3_000
/** What an entry ends with when a person has to mend something: to start it again would not help. */
const CANNOT_START = 2

export type Supervision = {
  readonly folder: string
  /** Variables for the processes, over this process's own. */
  readonly env: Readonly<Record<string, string>>
  /** Aborted when the processes are to stop. */
  readonly stop: AbortSignal
  /** How long the processes may take to stop, in ms. */
  readonly stopWithinMs: number
  readonly log: Logger
}

/**
 * Runs processes until they are to stop, starting again one that dies. Returns the exit code: 0 after being told to stop, 2 when one
 * cannot start. They are told to stop when this process ends, however it ends: their channel to it closes.
 */
export async function superviseProcesses(
  processes: Readonly<Record<string, readonly string[]>>,
  { folder, env, stop, stopWithinMs, log }: Supervision,
): Promise<number> {
  if (stop.aborted) return 0
  const running = new Set<ChildProcess>()
  let stopping = false
  const told = once(stop, 'abort').then(() => 0)

  const keep = async (name: string, args: readonly string[]): Promise<number> => {
    let pauseMs = FIRST_PAUSE_MS
    for (let starts = 1; ; starts += 1) {
      const startedAt = performance.now()
      const child = spawn(process.execPath, args, {
        cwd: folder,
        env: environmentWith(env),
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      })
      running.add(child)
      const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
      running.delete(child)
      if (stopping) return 0
      // Later the same code may only mean that the database is away at the moment of a restart.
      if (code === CANNOT_START && starts === 1) return code
      log.error({ process: name, code, signal }, 'a process ended unexpectedly; starting it again')
      pauseMs = performance.now() - startedAt > STAYED_UP_MS ? FIRST_PAUSE_MS : Math.min(2 * pauseMs, MAX_PAUSE_MS)
      await sleep(pauseMs)
      if (stopping) return 0
    }
  }

  const kept = Object.entries(processes).map(([name, args]) => keep(name, args))
  const exitCode = await Promise.race([told, ...kept])
  stopping = true
  for (const child of running) child.kill('SIGTERM')
  const deadline = setTimeout(() => {
    for (const child of running) child.kill('SIGKILL')
  }, stopWithinMs)
  await Promise.all(kept)
  clearTimeout(deadline)
  return exitCode
}
