import { setTimeout as sleep } from 'node:timers/promises'
import type { Queue, Worker } from 'bullmq'

/** How long a worker pauses after it could not fetch the next job, in ms. BullMQ's default of 15 s would be longer than most outages. */
const RETRY_DELAY_MS = 500

/** The options of every worker, whatever the backend. */
export const WORKER_OPTIONS = { autorun: false, runRetryDelay: RETRY_DELAY_MS } as const

/** The default of `answerTimeoutMs`, in ms. It must be longer than a worker on Redis waits for a job. */
export const ANSWER_TIMEOUT_MS = 20_000

/** How often opening a queue or a worker is tried, and the pause in ms. After these ten seconds it is better to restart the process. */
const MAX_TRIES = 40
const PAUSE_MS = 250

/**
 * Opens a queue or a worker and waits until it is ready. When a connection is lost while BullMQ opens it, that object never becomes ready,
 * so another one is opened. Throws the last error after many tries.
 */
export async function untilReady<T extends Queue | Worker>(open: () => T, onError: (error: Error) => void): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    const opened = open()
    // An 'error' event without a listener would end the process.
    ;(opened as Queue).on('error', onError)
    try {
      await opened.waitUntilReady()
      return opened
    } catch (error) {
      await opened.close()
      if (tries === MAX_TRIES) throw error
      onError(error as Error)
      await sleep(PAUSE_MS)
    }
  }
}

/** Starts a worker. If it ever stops by itself, the error ends the process, so that the process is started again. */
export function runWorker(worker: Worker): Worker {
  worker.run().catch((error) => {
    if (!worker.closing) throw error
  })
  return worker
}
