import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'

/** The user that a Postgres binary runs as; undefined for the current user. */
export type Account = { readonly uid: number; readonly gid: number } | undefined

export type Outcome = { readonly ok: boolean; readonly output: string }

/**
 * Runs a short program to its end. Never throws: the outcome says why a program could not be started. The environment is minimal, so that
 * PG* variables and the locale cannot change what Postgres does. Every account can enter the working directory.
 */
export function run(file: string, args: readonly string[], account?: Account): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(file, args, { ...spawnOptions(account), timeout: 120_000 }, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`.trim()
      resolve({ ok: error === null, output: output === '' && error !== null ? error.message : output })
    })
  })
}

/** The working directory, environment and user of a Postgres binary. */
export function spawnOptions(account: Account) {
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }
  return { cwd: '/', env, ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }) }
}

/**
 * Returns a text that identifies a process, unlike its id, which the system uses again: after a reboot, or in a container, often at once.
 * Undefined when no such process runs. A zombie does not run.
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
    if (stat === undefined) return undefined
    // The program's name is in brackets and may contain blanks, so the fields are counted from the last bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
    return `${boot.trim()} ${fields[19]}`
  }
  const { ok, output } = await run('ps', ['-o', 'lstart=', '-o', 'stat=', '-p', String(pid)])
  return ok && !output.endsWith('Z') ? output.replace(/\s+\S+$/, '') : undefined
}

/** The command line of a running process, with blanks between the arguments; empty when there is no such process. */
export async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    return line.replaceAll('\0', ' ').trim()
  }
  const { ok, output } = await run('ps', ['-o', 'command=', '-p', String(pid)])
  return ok ? output : ''
}

/** Waits until the process has ended. Returns false when it still runs after `timeoutMs`. */
export async function waitForEnd(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs
  while ((await processIdentity(pid)) !== undefined) {
    if (Date.now() > deadline) return false
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  return true
}
