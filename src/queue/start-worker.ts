import { type Job, UnrecoverableError } from 'bullmq'
import type { Logger } from 'pino'
import Value from 'typebox/value'
import type { Config } from '../config.ts'
import { isTimeOut } from '../db/classify-error.ts'
import type { Backend } from './backend.ts'
import { type JobContract, WakeUp } from './job-contract.ts'

/** Begins the reason of a job that this version cannot read: the relay wakes it again, for a worker of another version. */
export const UNREADABLE = 'unreadable payload'

/** Begins the reason of a job that could not be carried out in this try. */
const NOT_YET = 'for the time being'
/** The same, of one that waited too long for something that may be held from it alone. */
export const TOO_LONG = `${NOT_YET}, since it took too long`

/** A job may lose its worker this often before the queue gives it up; the relay then decides what becomes of it. */
const MAX_STALLS = 5

export type WorkerSettings = {
  readonly concurrency: number
  /** ms */
  readonly lockMs: number
  readonly stallCheckMs: number
  readonly log: Logger
}

/** How a worker of a process runs, from its configuration. */
export function workerSettings(config: Config, log: Logger, concurrency: number): WorkerSettings {
  return { concurrency, lockMs: config.JOB_LOCK_MS, stallCheckMs: config.STALL_CHECK_MS, log }
}

/** Whether a worker that had the same job was lost. */
export type Delivery = { readonly lostWorker: boolean }

export type RunningWorker = { readonly name: string; readonly close: () => Promise<void> }

/** Does what a job is for. Whatever it throws is tried again. */
export type Handle = (ids: readonly string[], delivery: Delivery) => Promise<void>

/** Starts a worker of one kind of job. A payload that it cannot read is set aside with a reason. Writes one log line a job. */
export async function startWorker(
  backend: Backend,
  { name }: JobContract,
  handle: Handle,
  settings: WorkerSettings,
): Promise<RunningWorker> {
  const { log } = settings
  const work = async (job: Job) => {
    const started = performance.now()
    if (!Value.Check(WakeUp, job.data)) {
      const version = (job.data as { v?: unknown } | null)?.v
      log.error({ job: name, jobId: job.id, version }, 'job set aside: its payload is not of a version known here')
      throw new UnrecoverableError(`${UNREADABLE}: version ${String(version)} of ${name}`)
    }
    const { ids } = job.data
    const line = { job: name, jobId: job.id, attempt: job.attemptsMade + 1, ids }
    try {
      await handle(ids, { lostWorker: job.stalledCounter > 0 })
      log.info({ ...line, ms: Math.round(performance.now() - started) }, 'job done')
    } catch (error) {
      log.warn({ ...line, ms: Math.round(performance.now() - started), err: error }, 'job failed, to be tried again')
      throw new Error(`${isTimeOut(error) ? TOO_LONG : NOT_YET}: ${(error as Error).message}`, { cause: error })
    }
  }
  const worker = await backend.openWorker(name, work, {
    concurrency: settings.concurrency,
    lockDuration: settings.lockMs,
    stalledInterval: settings.stallCheckMs,
    maxStalledCount: MAX_STALLS,
  })
  return { name, close: () => worker.close() }
}
