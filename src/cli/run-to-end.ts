import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { environmentWith } from '../config.ts'

export type RunOptions = {
  readonly folder: string
  /** Variables for the process, in addition to this process's own. */
  readonly env: Readonly<Record<string, string>>
  /** When it is aborted, the process gets SIGTERM. */
  readonly stop: AbortSignal
}

/**
 * Runs Node on `args` to its end, and shows its stderr. Returns its exit code; undefined when a signal ended it. It is a process of its own
 * so that the memory for its code is freed: this process may run for months.
 */
export async function runToEnd(
  args: readonly string[],
  { folder, env, stop }: RunOptions,
): Promise<number | undefined> {
  if (stop.aborted) return undefined
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: environmentWith(env),
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const end = () => void child.kill('SIGTERM')
  stop.addEventListener('abort', end, { once: true })
  const [code] = (await once(child, 'exit')) as [number | null]
  stop.removeEventListener('abort', end)
  return code ?? undefined
}
