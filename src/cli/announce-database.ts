import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const fileIn = (dataDir: string) => join(dataDir, 'database-url')

/**
 * Writes the URL of the running embedded database to a file in the data folder, where commands find it. Returns a function that removes the
 * file. Only the folder's owner can read it.
 */
export async function announceDatabase(dataDir: string, url: string): Promise<() => Promise<void>> {
  await writeFile(fileIn(dataDir), url, { mode: 0o600 })
  return () => rm(fileIn(dataDir), { force: true })
}

/** The URL of the embedded database that runs on a data folder; undefined when none runs there. */
export async function findAnnouncedDatabase(dataDir: string): Promise<string | undefined> {
  try {
    return await readFile(fileIn(dataDir), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
