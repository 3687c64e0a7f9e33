import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const fileIn = (dataDir: string) => join(dataDir, 'database-url')

/**
 * Lets commands on the same data folder find the embedded database while it runs; gives what takes that back. Only the folder's owner can
 * read it.
 */
export async function announceDatabase(dataDir: string, url: string): Promise<() => Promise<void>> {
  await writeFile(fileIn(dataDir), url, { mode: 0o600 })
  return () => rm(fileIn(dataDir), { force: true })
}

/** The URL of the embedded database that was announced in a data folder; undefined when none runs there. */
export async function findAnnouncedDatabase(dataDir: string): Promise<string | undefined> {
  try {
    return await readFile(fileIn(dataDir), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
