import { setTimeout as sleep } from 'node:timers/promises'
import type { Queue, Worker } from 'bullmq'

/** How long a worker rests after it could not get at the next job, in ms; BullMQ's own 15 s would outlast the remedy. */
const REST_MS = 500

/** How every worker is opened, whatever the backend. */
export const EVERY_WORKER = { autorun: false, runRetryDelay: REST_MS } as const

/** How long the queue may be silent when an answer is due, in ms, unless `answerTimeoutMs` says otherwise. Longer than a worker on Redis waits for a job. */
export const ANSWER_TIMEOUT_MS = 20_000

/** How often it is tried to open a queue or a worker, with a pause between, in ms: ten seconds, and then the process had better start afresh. */
const MAX_OPENINGS = 40
const REOPEN_MS = 250

/**
 * Opens a queue or a worker and waits until it is ready. BullMQ remembers for ever that it was not ready when its connection was lost
 * at that moment, so then another is opened. Throws what the last of many tries met.
 */
export async function untilReady<T extends Queue | Worker>(open: () => T, onError: (error: Error) => void): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    const opened = open()
    // An 'error' event that nobody listens to ends a Node process.
    ;(opened as Queue).on('error', onError)
    try {
      await opened.waitUntilReady()
      return opened
    } catch (error) {
      await opened.close()
      if (tries === MAX_OPENINGS) throw error
      onError(error as Error)
      await sleep(REOPEN_MS)
    }
  }
}

/** A worker that has ceased to work ends its process, so that it is started again. */
export function running(worker: Worker): Worker {
  worker.run().catch((error) => {
    if (!worker.closing) throw error
  })
  return worker
}
