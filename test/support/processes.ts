import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { afterAll } from 'vitest'

export type TestProcess = {
  readonly pid: number
  /** What it has written so far, line by line. */
  readonly stdout: readonly string[]
  readonly stderr: readonly string[]
  /** The first line of either stream that matches; throws, with the last lines written, when the process ends or the time is up before. */
  waitFor(pattern: RegExp, timeoutMs?: number): Promise<string>
  signal(signal: NodeJS.Signals): void
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
}

export type ProcessOptions = {
  readonly cwd?: string
  /** The program, for a copy of Node elsewhere. */
  readonly file?: string
  readonly uid?: number
  readonly gid?: number
  /** What it reads on stdin; without it stdin is empty. */
  readonly input?: string
}

const ROOT = join(import.meta.dirname, '../..')
const running = new Set<ChildProcess>()

/**
 * Starts Node on `args` from the root of the repository. Of the tests' own environment it sees only PATH and HOME, so that a developer's settings
 * change nothing. What is still running when the test file ends is ended.
 */
export function startProcess(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  options: ProcessOptions = {},
): TestProcess {
  const { file = process.execPath, input, ...rest } = options
  const inherited = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' }
  const child = spawn(file, args, {
    cwd: ROOT,
    ...rest,
    env: { ...inherited, ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  }) as ChildProcessByStdio<Writable | null, Readable, Readable>
  child.stdin?.on('error', () => {})
  child.stdin?.end(input)
  running.add(child)
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once('error', reject)
    // Not 'exit': what it wrote last is still to be read then.
    child.once('close', (code, signal) => resolve({ code, signal }))
  }).finally(() => running.delete(child))
  exited.catch(() => {})
  const stdout: string[] = []
  const stderr: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => stdout.push(line))
  createInterface({ input: child.stderr }).on('line', (line) => stderr.push(line))
  const waitFor = async (pattern: RegExp, timeoutMs = 120_000) => {
    const found = () => [...stdout, ...stderr].find((line) => pattern.test(line))
    const deadline = Date.now() + timeoutMs
    let ended = false
    exited.then(
      () => (ended = true),
      () => (ended = true),
    )
    for (;;) {
      const last = ended || Date.now() > deadline
      const line = found()
      if (line !== undefined) return line
      if (last) throw new Error(`no ${pattern} from ${args.join(' ')}: ${[...stdout, ...stderr].slice(-20).join('\n')}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  return { pid: child.pid ?? 0, stdout, stderr, waitFor, signal: (signal) => void child.kill(signal), exited }
}

async function endAll(): Promise<void> {
  const children = [...running]
  const ended = children.map((child) => new Promise((resolve) => child.once('close', resolve)))
  for (const child of children) {
    // A stopped process takes no other signal but SIGKILL before it goes on.
    child.kill('SIGCONT')
    child.kill('SIGTERM')
  }
  const killing = setTimeout(() => killNow(), 5_000)
  await Promise.all(ended)
  clearTimeout(killing)
}

function killNow(): void {
  for (const child of running) child.kill('SIGKILL')
}

process.once('exit', killNow)
afterAll(endAll)
