import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'

/** Who a Postgres binary runs as; undefined means the current user. */
export type Account = { readonly uid: number; readonly gid: number } | undefined

export type Outcome = { readonly ok: boolean; readonly output: string }

/**
 * Runs a short-lived program to its end. Never throws: a program that cannot be started is an outcome that says why.
 * The environment is bare, so that PG* variables and a foreign locale cannot change what Postgres does, and the working directory is one
 * that every account can enter.
 */
export function run(file: string, args: readonly string[], account?: Account): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(file, args, { ...spawnOptions(account), timeout: 120_000 }, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`.trim()
      resolve({ ok: error === null, output: output === '' && error !== null ? error.message : output })
    })
  })
}

/** Where, with which environment and as whom a Postgres binary is started. */
export function spawnOptions(account: Account) {
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }
  return { cwd: '/', env, ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }) }
}

/**
 * Tells one life of a process id from the next: ids are used again, after a reboot or in a container often at once.
 * Undefined when no such process runs; a zombie has ended, it only waits for its parent to notice.
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
    if (stat === undefined) return undefined
    // The program's name stands in brackets and may hold blanks: the fields are counted from the last bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
    return `${boot.trim()} ${fields[19]}`
  }
  const { ok, output } = await run('ps', ['-o', 'lstart=', '-o', 'stat=', '-p', String(pid)])
  return ok && !output.endsWith('Z') ? output.replace(/\s+\S+$/, '') : undefined
}

/** The command line of a running process, its arguments parted by blanks; empty when there is none. */
export async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    return line.replaceAll('\0', ' ').trim()
  }
  const { ok, output } = await run('ps', ['-o', 'command=', '-p', String(pid)])
  return ok ? output : ''
}

/** Waits until the process has ended; false when it still runs after `timeoutMs`. */
export async function waitForEnd(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs
  while ((await processIdentity(pid)) !== undefined) {
    if (Date.now() > deadline) return false
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  return true
}
