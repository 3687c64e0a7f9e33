import type { Logger } from 'pino'
import type { Backend } from '../queue/backend.ts'
import type { Queues } from '../queue/queues.ts'

/**
 * Throws away the wake-ups that wait when the queue is full, and tells whether it was. A full Redis hands out no jobs either, so it
 * would stand still for ever; what a wake-up is for is durable, and is woken again.
 */
export async function makeRoom(backend: Backend, queues: Queues, log: Logger): Promise<boolean> {
  if (!(await backend.isFull())) return false
  for (const queue of queues.all) {
    await queue.drain()
    // Events of thousands of jobs gone by outweigh the jobs that wait.
    await queue.trimEvents(0)
  }
  log.error(
    'the queue is full: threw away the wake-ups that waited, to wake fewer at a time; give its Redis more memory',
  )
  return true
}
