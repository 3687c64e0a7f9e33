import { type Config, StartError } from '../config.ts'
import { type Db, openDb } from '../db/open.ts'
import { findAnnouncedDatabase } from './announce-database.ts'

/** Opens the database of DATABASE_URL, or else the embedded one of a running service. Throws a StartError when there is neither. */
export async function openLocalDatabase(config: Config, name: string): Promise<Db> {
  const url = config.DATABASE_URL ?? (await findAnnouncedDatabase(config.DATA_DIR))
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
