import { deleteOldMarkers } from '../db/commit-marker.ts'
import { recordCredits } from '../ledger/credits/record-credits.ts'
import { recordReversals } from '../ledger/credits/record-reversals.ts'
import { deleteExpired } from '../ledger/requests/delete-expired.ts'
import type { OpenProcess } from '../open-process.ts'
import { wake } from '../queue/queues.ts'
import { startWorker, workerSettings } from '../queue/start-worker.ts'
import { creditJob } from '../requests/credit-request.ts'
import { reversalJob } from '../requests/reversal-request.ts'
import { billBatchJob } from './bill-batch.ts'
import { billRunJob } from './bill-run.ts'
import { every } from './every.ts'
import type { Gate } from './gate.ts'
import { processBatch } from './process-batch.ts'
import { processBillRun } from './process-bill-run.ts'
import { startReconciling } from './reconciliations.ts'
import { relayOnce } from './relay.ts'
import { scheduleTickJob } from './schedule-tick.ts'
import { proposeDueRuns, syncSchedulers } from './schedules.ts'
import { startAcceptedWorker } from './start-accepted-worker.ts'

type Stop = () => Promise<void>

/** Starts one kind of work in a process; gives how to stop it, which waits for what is under way. The gate is the process's one. */
type StartKind = (opened: OpenProcess, gate: Gate) => Promise<Stop>

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

/** The kinds of work. A worker process carries any of them: all on one machine, or each by itself where they are scaled apart. */
export const KINDS = {
  credit: async (opened, gate) => (await startAcceptedWorker(opened, creditJob, recordCredits, gate)).close,

  reversal: async (opened, gate) => (await startAcceptedWorker(opened, reversalJob, recordReversals, gate)).close,

  /** Selects the accounts of bill runs, and proposes the runs that schedules call for. */
  'bill-run': async (opened) => {
    const { config, log, db, backend, queues } = opened
    const settings = workerSettings(config, log, 2)
    const carryOut = ({ billRunId }: { billRunId: string }) =>
      processBillRun(db, billRunId, config.BILL_BATCH_SIZE, wakeBatches(opened))
    const propose = () => proposeDueRuns(db, queues, log)
    const runs = await startWorker(backend, billRunJob, carryOut, settings)
    const ticks = await startWorker(backend, scheduleTickJob, propose, settings)
    return stopTogether([runs.close, ticks.close])
  },

  'bill-batch': async (opened, gate) => {
    const { config, log, db, backend } = opened
    const carryOut = async ({ billBatchId }: { billBatchId: string }) => {
      const failure = await processBatch(db, billBatchId, wakeBatches(opened), gate)
      if (failure === undefined) return
      const { cause, ...what } = failure
      log.error({ ...what, billBatchId, err: cause }, 'an account could not be billed')
    }
    const settings = workerSettings(config, log, config.BILL_BATCH_CONCURRENCY)
    return (await startWorker(backend, billBatchJob, carryOut, settings)).close
  },

  /** Wakes what is durable but has no live job, proposes scheduled runs that were missed, reconciles, and forgets what is old. */
  relay: async ({ config, log, db, databaseUrl, backend, queues }) => {
    const interval = config.RELAY_INTERVAL_MS
    const keep = { idempotencyHours: config.IDEMPOTENCY_HOURS, jobDays: config.JOB_DAYS }
    startReconciling(config, databaseUrl, log)
    return stopTogether([
      every(interval, 'relay', () => relayOnce(db, backend, queues, config.RELAY_AFTER_MS, log), log),
      every(interval, 'keep schedules', () => syncSchedulers(db, queues), log),
      every(interval, 'propose due runs', () => proposeDueRuns(db, queues, log), log),
      every(MINUTE_MS, 'delete old commit markers', () => deleteOldMarkers(db), log),
      every(HOUR_MS, 'forget what is old', () => deleteExpired(db, keep), log),
    ])
  },
} as const satisfies Readonly<Record<string, StartKind>>

export type Kind = keyof typeof KINDS

/** All at the same time, so that none takes more work while another finishes. */
export const stopTogether =
  (stops: readonly Stop[]): Stop =>
  async () =>
    void (await Promise.all(stops.map((stop) => stop())))

const wakeBatches =
  ({ queues }: OpenProcess) =>
  (ids: readonly string[]) =>
    wake(
      queues,
      billBatchJob,
      ids.map((billBatchId) => ({ v: 1 as const, billBatchId })),
    )
