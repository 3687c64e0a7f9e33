import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { patience } from './patience.ts'

const ROOT = join(import.meta.dirname, '../../..')
/** As `nightbill serve` does. */
const RESTART_AFTER_MS = 100
const RESTART_LATER_MS = 1_000
const TAIL = 60
const CANNOT_START = 2
/** How long a process may take that is told to end. */
const ENDS_WITHIN_MS = 30_000

export type Exit = {
  readonly name: string
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Milliseconds that it ran. */
  readonly ran: number
  readonly args: readonly string[]
  /** The signal that the driver sent to end it. */
  readonly told: NodeJS.Signals | undefined
}

export type KeptProcess = {
  readonly name: string
  readonly pid: () => number
  /** Ends it by this signal and waits until it is gone; it is started again right after, as by a supervisor. */
  readonly end: (signal: 'SIGKILL' | 'SIGTERM') => Promise<Exit>
  /** Ends it at once, without waiting: for the moment at which something passes on a proxy. */
  readonly kill: () => void
  readonly freeze: () => void
  readonly thaw: () => void
  /** Runs it with these arguments from its next start on. */
  readonly become: (args: readonly string[]) => void
  readonly starts: () => number
  /** Milliseconds since its last start. */
  readonly runs: () => number
  readonly tail: () => readonly string[]
  /** The most memory that it has held, in MB. */
  readonly peakMb: () => number
  /** Ends it for good. */
  readonly stop: () => Promise<void>
}

export type KeptProcessOptions = {
  readonly name: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly onLine?: (line: string) => void
  /** Told of every end. */
  readonly onExit: (exit: Exit) => void
}

const children = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

/** Of the driver's own environment a process sees only PATH and HOME, so that a developer's settings change nothing. */
export const environmentOf = (env: Readonly<Record<string, string>>) => ({
  PATH: process.env.PATH ?? '',
  HOME: process.env.HOME ?? '',
  NODE_COMPILE_CACHE: join(ROOT, 'node_modules/.cache/compiled'),
  ...env,
})

/** Keeps a process of Node running: starts it again when it ends, until it is stopped. */
export function keepProcess({ name, args: first, env, onLine, onExit }: KeptProcessOptions): KeptProcess {
  let args = first
  let told: NodeJS.Signals | undefined
  let stopping = false
  let starts = 0
  let peak = 0
  const tail: string[] = []

  const launch = () => {
    const mine = args
    const child = spawn(process.execPath, mine, {
      cwd: ROOT,
      env: environmentOf(env),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    children.add(child)
    starts += 1
    told = undefined
    const began = performance.now()
    const write = (line: string) => {
      tail.push(line)
      if (tail.length > TAIL) tail.shift()
      onLine?.(line)
    }
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', write)
    const gone = new Promise<Exit>((resolve) => {
      child.once('close', (code, signal) => {
        children.delete(child)
        resolve({ name, args: mine, code, signal, ran: performance.now() - began, told })
      })
    })
    return { child, gone, began }
  }

  let current = launch()
  const kept = (async () => {
    for (;;) {
      const exit = await current.gone
      onExit(exit)
      if (stopping) return
      await sleep(exit.code === CANNOT_START ? RESTART_LATER_MS : RESTART_AFTER_MS)
      if (stopping) return
      current = launch()
    }
  })()

  const pid = () => current.child.pid ?? 0
  const measure = () => {
    peak = Math.max(peak, peakOf(pid()))
  }
  const send = (signal: NodeJS.Signals) => {
    measure()
    told = signal
    current.child.kill(signal)
  }
  return {
    name,
    pid,
    end: async (signal) => {
      const { gone } = current
      const { child } = current
      send(signal)
      // One that does not end would hold up the whole play: whoever told it to sees that it was killed.
      const late = setTimeout(() => child.kill('SIGKILL'), ENDS_WITHIN_MS * patience())
      return await gone.finally(() => clearTimeout(late))
    },
    kill: () => send('SIGKILL'),
    freeze: () => void current.child.kill('SIGSTOP'),
    thaw: () => void current.child.kill('SIGCONT'),
    become: (next) => {
      args = next
    },
    starts: () => starts,
    runs: () => performance.now() - current.began,
    tail: () => tail,
    peakMb: () => {
      measure()
      return peak
    },
    stop: async () => {
      stopping = true
      current.child.kill('SIGCONT')
      send('SIGTERM')
      const late = setTimeout(() => current.child.kill('SIGKILL'), 10_000)
      await kept
      clearTimeout(late)
    },
  }
}

/** One that the driver ended, or that could not start and said so. */
export const wasTold = ({ told, code, signal }: Exit) => told !== undefined && (signal === told || code === 0)
export const couldNotStart = ({ code, ran }: Exit) => code === CANNOT_START && ran < 30_000

function peakOf(pid: number): number {
  try {
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024)
  } catch {
    return 0
  }
}

/** Runs a command to its end. */
export async function runCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  { withinMs = 60_000, cwd = ROOT }: { readonly withinMs?: number; readonly cwd?: string } = {},
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string; readonly ms: number }> {
  const began = performance.now()
  const child = spawn(process.execPath, args, { cwd, env: environmentOf(env), stdio: ['ignore', 'pipe', 'pipe'] })
  children.add(child)
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => (stdout += chunk))
  child.stderr.on('data', (chunk) => (stderr += chunk))
  const late = setTimeout(() => child.kill('SIGKILL'), withinMs)
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  clearTimeout(late)
  children.delete(child)
  return { code, stdout, stderr, ms: Math.round(performance.now() - began) }
}
