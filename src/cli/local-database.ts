import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Config, StartError } from '../config.ts'
import { errorCode } from '../db/classify-error.ts'
import { type Db, openDb } from '../db/open.ts'

const fileIn = (config: Config) => join(config.DATA_DIR, 'database-url')

/** Lets commands on the same data folder find the embedded database while it runs. Only the folder's owner can read it. */
export async function announceDatabase(config: Config, url: string): Promise<() => Promise<void>> {
  await writeFile(fileIn(config), url, { mode: 0o600 })
  return () => rm(fileIn(config), { force: true })
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Opens the database that DATABASE_URL names, or else the embedded one of a running service. Throws a StartError when there is neither. */
export async function openLocalDatabase(config: Config, name: string): Promise<Db> {
  const url = config.DATABASE_URL ?? (await readIfThere(fileIn(config)))
  if (url === undefined) {
    throw new StartError(
      `no service runs on ${config.DATA_DIR}: start it (npm start), or name its database by DATABASE_URL or its folder by DATA_DIR`,
    )
  }
  return openDb({
    url,
    max: 2,
    name: `nightbill ${name}`,
    statementTimeoutMs: config.STATEMENT_TIMEOUT_MS,
    lockTimeoutMs: config.LOCK_TIMEOUT_MS,
    onIdleError: () => {},
  })
}
