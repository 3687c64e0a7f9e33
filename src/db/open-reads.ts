import type { Config } from '../config.ts'
import { type Db, openDb } from './open.ts'

/**
 * Opens the API's connections for reads. They are few, and separate from those that write, authenticate and answer `/readyz`, so that slow
 * lists hold up only other reads. A request waits for one of them at most READ_WAIT_MS.
 */
export function openReads(config: Config, url: string, onIdleError: (error: Error) => void): Db {
  return openDb({
    url,
    max: config.READ_POOL,
    name: 'nightbill api reads',
    readOnly: true,
    waitTimeoutMs: config.READ_WAIT_MS,
    statementTimeoutMs: config.READ_TIMEOUT_MS,
    // Longer than the server's own timeout, so that a server that is there gives up first.
    answerTimeoutMs: config.READ_TIMEOUT_MS + 5_000,
    lockTimeoutMs: Math.min(config.LOCK_TIMEOUT_MS, config.READ_TIMEOUT_MS),
    onIdleError,
  })
}
