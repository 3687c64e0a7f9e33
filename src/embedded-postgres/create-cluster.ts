import { randomBytes, randomUUID } from 'node:crypto'
import { chown, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Binaries } from './binaries.ts'
import type { Place } from './choose-place.ts'
import { type Account, run } from './processes.ts'

export const SUPERUSER = 'nightbill'

/** The passwords of the cluster's owner and of the service's login. Each is in a file that only the user who runs the service can read. */
export type Passwords = { readonly owner: string; readonly service: string }

/**
 * Creates the cluster `home/postgres` unless it exists. Returns its passwords. The cluster is created under another name and then renamed,
 * so that a process that is killed meanwhile does not leave an incomplete cluster.
 */
export async function createClusterOnce(
  binaries: Binaries,
  place: Place,
  durable: boolean,
): Promise<{ passwords: Passwords; created: boolean }> {
  const cluster = join(place.home, 'postgres')
  const exists = (await stat(cluster).catch(() => undefined)) !== undefined
  const owner = await readPassword(join(place.home, 'postgres-password'), exists)
  // If this file is missing, a new password is made: every start sets it in the database.
  const service = await readPassword(join(place.home, 'service-password'), false)
  if (!exists) await createCluster(binaries, place, owner, durable)
  return { passwords: { owner, service }, created: !exists }
}

async function readPassword(file: string, clusterExists: boolean): Promise<string> {
  const known = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    if (clusterExists)
      throw new Error(`the password of the database is missing (${file}): restore that file from a backup`)
    return undefined
  })
  if (known !== undefined && known.trim() !== '') return known.trim()
  const password = randomBytes(24).toString('hex')
  await writeFile(file, `${password}\n`, { mode: 0o600 })
  return password
}

async function createCluster(
  binaries: Binaries,
  { home, account }: Place,
  password: string,
  durable: boolean,
): Promise<void> {
  for (const name of await readdir(home)) {
    if (name.startsWith('postgres.new-')) await rm(join(home, name), { recursive: true, force: true })
  }
  const draft = join(home, `postgres.new-${randomUUID()}`)
  const passwordFile = `${draft}.password`
  await mkdir(draft, { mode: 0o700 })
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
  await giveTo(account, draft, passwordFile)
  const flags = [
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--auth=scram-sha-256',
  ]
  const args = [
    ...flags,
    ...(durable ? [] : ['--no-sync']),
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    `--pgdata=${draft}`,
  ]
  const made = await run(binaries.initdb, args, account)
  await rm(passwordFile, { force: true })
  if (!made.ok) {
    await rm(draft, { recursive: true, force: true })
    throw new Error(`cannot create the database in ${home}: ${reason(made.output)}`)
  }
  await rename(draft, join(home, 'postgres'))
}

async function giveTo(account: Account, ...paths: readonly string[]): Promise<void> {
  if (account === undefined) return
  for (const path of paths) await chown(path, account.uid, account.gid)
}

/** The line of Postgres' output that says what was wrong. */
export function reason(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '')
  const telling =
    lines.findLast((line) => /FATAL|PANIC|error:|could not/.test(line)) ?? lines.at(-1) ?? 'no reason given'
  return telling.replace(/^.*?(FATAL|PANIC|error):\s*/, '')
}
