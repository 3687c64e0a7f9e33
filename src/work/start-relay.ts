import { deleteOldMarkers } from '../db/commit-marker.ts'
import { deleteExpired } from '../ledger/requests/delete-expired.ts'
import { every } from './every.ts'
import type { Kind, WorkProcess } from './kind.ts'
import { startReconciling } from './reconciliations.ts'
import { relayOnce } from './relay.ts'
import { proposeDueRuns, syncSchedulers } from './schedules.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

/** Wakes what is durable but has no live job, proposes scheduled runs that were missed, reconciles, and deletes what has expired. */
export function startRelay(
  { config, log, db, databaseUrl, backend, queues }: WorkProcess,
  kinds: readonly Kind[],
): () => Promise<void> {
  const interval = config.RELAY_INTERVAL_MS
  const keep = { idempotencyHours: config.IDEMPOTENCY_HOURS, jobDays: config.JOB_DAYS }
  startReconciling(config, databaseUrl, log)
  const stops = [
    every(interval, 'relay', () => relayOnce({ db, backend, queues, log, afterMs: config.RELAY_AFTER_MS }, kinds), log),
    every(interval, 'keep schedules', () => syncSchedulers(db, queues), log),
    every(interval, 'propose due runs', () => proposeDueRuns(db, queues, log), log),
    every(MINUTE_MS, 'delete old commit markers', () => deleteOldMarkers(db), log),
    every(HOUR_MS, 'delete what has expired', () => deleteExpired(db, keep), log),
  ]
  return async () => void (await Promise.all(stops.map((stop) => stop())))
}
