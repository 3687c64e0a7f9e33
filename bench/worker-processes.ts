import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { peakMemoryMb } from './processes.ts'

/** Of this repository. */
export const ROOT = join(import.meta.dirname, '..')

export type Processes = {
  readonly pids: readonly number[]
  /** The largest resident memory that any one of them has had, in MB. */
  readonly peakMemoryMb: () => Promise<number>
  readonly stop: () => Promise<void>
}

/** Starts the same Node on each of these command lines, in a folder. What they write to stderr is ours too. */
export function startProcesses(
  commands: readonly string[],
  env: Readonly<Record<string, string>>,
  folder = ROOT,
): Processes {
  const inherited = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' }
  // Profiles and other ways of running Node, for a closer look: BENCH_NODE_OPTIONS='--cpu-prof --cpu-prof-dir=profiles'.
  const options = process.env.BENCH_NODE_OPTIONS ? { NODE_OPTIONS: process.env.BENCH_NODE_OPTIONS } : {}
  const children = commands.map((command) =>
    spawn(process.execPath, command.split(' '), {
      cwd: folder,
      env: { ...inherited, ...options, ...env },
      stdio: ['ignore', 'ignore', 'inherit'],
    }),
  )
  let stopping = false
  for (const [index, child] of children.entries()) {
    child.once('exit', (code, signal) => {
      if (!stopping) console.error(`${commands[index]} ended while it was needed (${signal ?? code})`)
    })
  }
  const killAll = () => children.forEach((child) => void child.kill('SIGKILL'))
  process.once('exit', killAll)
  const pids = children.map(({ pid }) => pid as number)
  return {
    pids,
    peakMemoryMb: async () => Math.max(...(await Promise.all(pids.map(peakMemoryMb)))),
    stop: async () => {
      stopping = true
      const ended = children.map(
        (child) => new Promise<void>((done) => (running(child) ? child.once('exit', () => done()) : done())),
      )
      for (const child of children) child.kill('SIGTERM')
      await Promise.all(ended)
      process.off('exit', killAll)
    },
  }
}

const running = (child: ChildProcess) => child.exitCode === null && child.signalCode === null
