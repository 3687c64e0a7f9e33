import type { Logger } from 'pino'
import type { Backend } from '../queue/backend.ts'
import type { Queues } from '../queue/queues.ts'

/**
 * Drains the queues when the queue's backend is full. Returns whether it was full. A full Redis hands out no jobs either, so without this
 * it would never recover. Nothing is lost: the work itself is in Postgres, and the relay wakes it again.
 */
export async function drainIfFull(backend: Backend, queues: Queues, log: Logger): Promise<boolean> {
  if (!(await backend.isFull())) return false
  for (const queue of queues.all) {
    await queue.drain()
    // The events of past jobs can take more memory than the waiting jobs.
    await queue.trimEvents(0)
  }
  log.error(
    'the queue is full: its waiting jobs were dropped and will be enqueued again, fewer at a time; give its Redis more memory',
  )
  return true
}
