import { type Job, UnrecoverableError } from 'bullmq'
import type { Logger } from 'pino'
import Value from 'typebox/value'
import { isTimeOut } from '../db/classify-error.ts'
import type { Backend } from './backend.ts'
import { type JobContract, WakeUp } from './job-contract.ts'

/**
 * How the failure reason of a job starts that this version cannot read. The relay enqueues its work again, for a worker of another version.
 */
export const UNREADABLE = 'unreadable payload'

/** How the failure reason of a failed attempt starts. */
const NOT_YET = 'for the time being'
/** The same after a time-out: the job may have waited for a lock that concerns only one of its requests. */
export const TOO_LONG = `${NOT_YET}, since it took too long`

/** How often a job may lose its worker before the queue gives it up. Then the relay takes over. */
const MAX_STALLS = 5

export type WorkerSettings = {
  readonly concurrency: number
  /** ms */
  readonly lockMs: number
  readonly stallCheckMs: number
  readonly log: Logger
}

/** `lostWorker`: whether an earlier worker of the same job was lost. */
export type Delivery = { readonly lostWorker: boolean }

export type RunningWorker = { readonly name: string; readonly close: () => Promise<void> }

/** Handles a job. When it throws, the job is tried again. */
export type Handle = (ids: readonly string[], delivery: Delivery) => Promise<void>

/**
 * Starts a worker for one kind of job. A job whose payload it cannot read fails at once, with a reason. Writes one log line for each job.
 */
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
      log.error({ job: name, jobId: job.id, version }, 'job set aside: its payload has an unknown version')
      throw new UnrecoverableError(`${UNREADABLE}: version ${String(version)} of ${name}`)
    }
    const { ids } = job.data
    const line = { job: name, jobId: job.id, attempt: job.attemptsMade + 1, ids }
    try {
      await handle(ids, { lostWorker: job.stalledCounter > 0 })
      log.info({ ...line, ms: Math.round(performance.now() - started) }, 'job done')
    } catch (error) {
      log.warn({ ...line, ms: Math.round(performance.now() - started), err: error }, 'job failed, will be tried again')
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
