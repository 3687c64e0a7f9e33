import type { Config } from '../config.ts'
import { type Db, openDb } from './open.ts'

/**
 * Opens the API's connections for what is shown: few, apart from those that write, authenticate and answer `/readyz`, so that slow
 * lists can starve nothing but lists. A request waits READ_WAIT_MS for one of them at most.
 */
export function openReads(config: Config, url: string, onIdleError: (error: Error) => void): Db {
  return openDb({
    url,
    max: config.READ_POOL,
    name: 'nightbill api reads',
    readOnly: true,
    waitTimeoutMs: config.READ_WAIT_MS,
    statementTimeoutMs: config.READ_TIMEOUT_MS,
    // The server gives up first when it is there.
    answerTimeoutMs: config.READ_TIMEOUT_MS + 5_000,
    lockTimeoutMs: Math.min(config.LOCK_TIMEOUT_MS, config.READ_TIMEOUT_MS),
    onIdleError,
  })
}
