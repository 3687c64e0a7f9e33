import { deleteOldMarkers } from '../db/commit-marker.ts'
import { billBatchJob } from '../jobs/bill-batch.ts'
import { billRunJob } from '../jobs/bill-run.ts'
import { creditJob } from '../jobs/credit.ts'
import { reversalJob } from '../jobs/reversal.ts'
import { scheduleTickJob } from '../jobs/schedule-tick.ts'
import { carryOutBatch } from '../ledger/carry-out-batch.ts'
import { carryOutBillRun } from '../ledger/carry-out-bill-run.ts'
import { forgetOld } from '../ledger/forget-old.ts'
import type { Gate } from '../ledger/gate.ts'
import { recordCredits } from '../ledger/record-credits.ts'
import { requestReversals } from '../ledger/request-reversals.ts'
import type { OpenProcess } from '../open-process.ts'
import { every } from '../queue/every.ts'
import { startReconciling } from '../queue/reconciliations.ts'
import { relayOnce } from '../queue/relay.ts'
import { keepSchedules, proposeDueRuns } from '../queue/schedules.ts'
import { startAcceptedWorker } from '../queue/start-accepted-worker.ts'
import { startWorker, workerSettings } from '../queue/start-worker.ts'
import { wake } from '../queue/wake.ts'

type Stop = () => Promise<void>

/** Starts one kind of work in a process; gives how to stop it, which waits for what is under way. The gate is the process's one. */
type StartKind = (opened: OpenProcess, gate: Gate) => Promise<Stop>

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

/** The kinds of work. A worker process carries any of them: all on one machine, or each by itself where they are scaled apart. */
export const KINDS = {
  credit: async (opened, gate) => (await startAcceptedWorker(opened, creditJob, recordCredits, gate)).close,

  reversal: async (opened, gate) => (await startAcceptedWorker(opened, reversalJob, requestReversals, gate)).close,

  /** Selects the accounts of bill runs, and proposes the runs that schedules call for. */
  'bill-run': async (opened) => {
    const { config, log, db, backend, queues } = opened
    const settings = workerSettings(config, log, 2)
    const carryOut = ({ billRunId }: { billRunId: string }) =>
      carryOutBillRun(db, billRunId, config.BILL_BATCH_SIZE, wakeBatches(opened))
    const propose = () => proposeDueRuns(db, queues, log)
    const runs = await startWorker(backend, billRunJob, carryOut, settings)
    const ticks = await startWorker(backend, scheduleTickJob, propose, settings)
    return stopTogether([runs.close, ticks.close])
  },

  'bill-batch': async (opened, gate) => {
    const { config, log, db, backend } = opened
    const carryOut = async ({ billBatchId }: { billBatchId: string }) => {
      const failure = await carryOutBatch(db, billBatchId, wakeBatches(opened), gate)
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
      every(interval, 'keep schedules', () => keepSchedules(db, queues), log),
      every(interval, 'propose due runs', () => proposeDueRuns(db, queues, log), log),
      every(MINUTE_MS, 'delete old commit markers', () => deleteOldMarkers(db), log),
      every(HOUR_MS, 'forget what is old', () => forgetOld(db, keep), log),
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
