import { deleteOldMarkers } from '../db/commit-marker.ts'
import { deleteOldSamples } from '../ledger/operations/delete-old-samples.ts'
import { recordSample } from '../ledger/operations/record-sample.ts'
import { deleteExpired } from '../ledger/requests/delete-expired.ts'
import { deleteEndedSessions } from '../ledger/sessions/sessions.ts'
import type { Kind, WorkProcess } from './kind.ts'
import { startReconciling } from './reconciliations.ts'
import { relayOnce } from './relay.ts'
import { repeatEvery } from './repeat-every.ts'
import { proposeDueRuns, syncSchedulers } from './schedules.ts'

/** Less than a minute, so that no minute is left out because a round took its time. */
const SAMPLE_MS = 20_000
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

/**
 * Enqueues durable work that has no live job, proposes scheduled runs that were missed, reconciles, samples how the work goes on, and deletes
 * what has expired. Returns a function that stops all of it.
 */
export function startRelay(
  { config, log, db, databaseUrl, backend, queues }: WorkProcess,
  kinds: readonly Kind[],
): () => Promise<void> {
  const interval = config.RELAY_INTERVAL_MS
  const keep = { idempotencyHours: config.IDEMPOTENCY_HOURS, jobDays: config.JOB_DAYS }
  startReconciling(config, databaseUrl, log)
  const stops = [
    repeatEvery(
      interval,
      'relay',
      () => relayOnce({ db, backend, queues, log, afterMs: config.RELAY_AFTER_MS }, kinds),
      log,
    ),
    repeatEvery(interval, 'sync schedulers', () => syncSchedulers(db, queues), log),
    repeatEvery(interval, 'propose due runs', () => proposeDueRuns(db, queues, log), log),
    repeatEvery(SAMPLE_MS, 'sample the work', () => recordSample(db, sampled(kinds)), log),
    repeatEvery(MINUTE_MS, 'delete old commit markers', () => deleteOldMarkers(db), log),
    repeatEvery(HOUR_MS, 'delete expired rows', () => deleteExpired(db, keep), log),
    repeatEvery(HOUR_MS, 'delete old samples', () => deleteOldSamples(db), log),
    repeatEvery(HOUR_MS, 'delete ended sessions', () => deleteEndedSessions(db), log),
  ]
  return async () => void (await Promise.all(stops.map((stop) => stop())))
}

const sampled = (kinds: readonly Kind[]) =>
  kinds.flatMap(({ name, durable }) => (durable ? [{ name, ...durable }] : []))
