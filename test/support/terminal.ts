import { execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')

/** Whether there is a `script` that can give a command a terminal: util-linux's. */
export const HAS_TERMINAL = ((): boolean => {
  try {
    return execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux')
  } catch {
    return false
  }
})()

/**
 * Runs the command on a terminal of its own. Each of `keys` is typed once the text before it has been printed. Returns the exit code and
 * what the terminal showed.
 */
export async function onTerminal(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  keys: readonly (readonly [after: RegExp, typed: string])[] = [],
): Promise<{ readonly code: number | null; readonly shown: string }> {
  const command = [process.execPath, 'bin/nightbill.js', ...args].map((arg) => `'${arg}'`).join(' ')
  const child = spawn('script', ['-qefc', `stty cols 100; exec ${command}`, '/dev/null'], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '',
      TERM: 'xterm-256color',
      SHELL: '/bin/sh',
      ...env,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const open = [...keys]
  let shown = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text
    const next = open[0]
    if (next?.[0].test(shown)) {
      open.shift()
      child.stdin.write(next[1])
    }
  })
  const killing = setTimeout(() => child.kill('SIGKILL'), 60_000)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  clearTimeout(killing)
  return { code, shown: shown.replaceAll('\r\n', '\n') }
}
