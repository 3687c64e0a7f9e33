import { randomUUID } from 'node:crypto'
import { access, constants, link, mkdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Account, run } from './processes.ts'
import { SYSTEM_FOLDER } from './system-folder.ts'

/**
 * `home` has the cluster (`home/postgres`), its passwords, lock and log. `elsewhere`: whether that is not the data folder. `account` is the
 * user that Postgres runs as, who owns the cluster.
 */
export type Place = { readonly home: string; readonly elsewhere: boolean; readonly account: Account }

const POINTER = 'postgres-location'

/**
 * Decides where the cluster of a data folder is, and which user runs it. For an ordinary user it is in the data folder.
 *
 * Postgres refuses to run as root, so root runs it as another account. If that account cannot enter the data folder (for example below a
 * home or a `mktemp -d`), the cluster is in the system folder, and a file in the data folder says where. To delete the data folder means to
 * start with an empty database, in both cases.
 */
export async function choosePlace(folder: string): Promise<Place> {
  const root = process.getuid?.() === 0
  await makeFolder(folder, root ? 0o711 : 0o700)
  await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
  // The real path, because a server that was left behind is recognized by the path in its command line.
  const dataDir = await realpath(folder)
  const elsewhere = await pointedTo(dataDir)
  const home = elsewhere ?? dataDir
  const owner = await clusterOwner(home)
  if (!root) {
    if (elsewhere !== undefined || (owner !== undefined && owner.uid !== process.getuid?.())) {
      throw new Error(
        `the data in ${dataDir} was made by another user: run as that user, or use a data folder of your own`,
      )
    }
    return { home, elsewhere: false, account: undefined }
  }
  const account = owner ?? (await unprivilegedAccount())
  if (elsewhere === undefined && !(await canEnter(dataDir, account))) {
    if (owner !== undefined) {
      throw new Error(
        `user id ${owner.uid}, who owns ${dataDir}/postgres, cannot enter that folder: open the folders above it (chmod o+x)`,
      )
    }
    return { home: await placeElsewhere(dataDir), elsewhere: true, account }
  }
  return { home, elsewhere: elsewhere !== undefined, account }
}

/**
 * Creates a folder and its parents. Not by Node's recursive `mkdir`, which never returns where no folder can be created, as below /proc.
 */
async function makeFolder(folder: string, mode: number): Promise<void> {
  if (await isFolder(folder)) return
  await makeFolder(dirname(folder), mode)
  try {
    await mkdir(folder, { mode })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT')
      throw new Error(`cannot keep data in ${folder}: no folder can be made there, give one that this user can write`)
    // Another process may have created it meanwhile.
    if (code !== 'EEXIST' || !(await isFolder(folder))) throw error
  }
}

const isFolder = (path: string) =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )

async function pointedTo(dataDir: string): Promise<string | undefined> {
  const text = await readFile(join(dataDir, POINTER), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  const home = text?.trim()
  if (home !== undefined) await mkdir(home, { recursive: true, mode: 0o711 })
  return home
}

async function clusterOwner(home: string): Promise<Account> {
  const found = await stat(join(home, 'postgres')).catch(() => undefined)
  return found === undefined ? undefined : { uid: found.uid, gid: found.gid }
}

async function unprivilegedAccount(): Promise<Account> {
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])])
    if (uid.ok && gid.ok) return { uid: Number(uid.output), gid: Number(gid.output) }
  }
  throw new Error(
    'Postgres does not run as root: run as an ordinary user, or add a user named postgres (useradd --system postgres)',
  )
}

/** Tries it instead of reading the modes, so that access control lists and mount options count too. */
async function canEnter(folder: string, account: Account): Promise<boolean> {
  return (await run('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], account)).ok
}

async function placeElsewhere(dataDir: string): Promise<string> {
  const draft = join(dataDir, `${POINTER}.${randomUUID()}`)
  await writeFile(draft, `${join(SYSTEM_FOLDER, `data-${randomUUID()}`)}\n`)
  // When two processes start for the first time at once, one link succeeds, and both use it.
  await link(draft, join(dataDir, POINTER)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  await rm(draft)
  return (await pointedTo(dataDir)) as string
}
