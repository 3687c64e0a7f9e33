import { randomUUID } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { processIdentity } from './processes.ts'

/**
 * Locks a data folder for this process, so that two copies of the service never run one cluster. Returns a function that unlocks it. A
 * killed process leaves its lock file behind; the next process sees that the other one is gone, and takes over. While the other process
 * runs, throws an error with its process id.
 */
export async function holdFolder(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, 'postgres.lock')
  const mine = join(folder, `postgres.lock.${randomUUID()}`)
  const claim = `${process.pid}\n${await processIdentity(process.pid)}\n`
  await writeFile(mine, claim, { mode: 0o600 })
  try {
    // A link is atomic: nobody can read an incomplete lock file.
    while (!(await linked(mine, file))) await removeIfStale(file, folder)
  } finally {
    await rm(mine, { force: true })
  }
  return async () => {
    if ((await content(file)) === claim) await rm(file, { force: true })
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function removeIfStale(file: string, folder: string): Promise<void> {
  const seen = await content(file)
  if (seen === undefined) return
  const [pid = '', identity = ''] = seen.split('\n')
  if (/^\d+$/.test(pid) && (await processIdentity(Number(pid))) === identity) {
    throw new Error(
      `data folder ${folder} is in use by process ${pid}: stop that process, or give this copy a data folder of its own`,
    )
  }
  // Renamed before it is removed: if another process has taken over meanwhile, this was its lock file, and it is put back.
  const aside = `${file}.${randomUUID()}`
  await rename(file, aside).catch(() => undefined)
  if ((await content(aside)) !== seen) await linked(aside, file).catch(() => false)
  await rm(aside, { force: true })
}

function content(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}
