import type { ApiClient } from './api-client.ts'
import { apiError } from './api-error.ts'

/**
 * Waits until an accepted request has been carried out. One that failed is thrown as an ApiError with the job's code:
 * to the caller it is as much an error as a request that is refused at the door.
 */
export async function finishJob(client: ApiClient, jobId: string): Promise<void> {
  const { status, error } = await client.waitForJob(jobId)
  if (status === 'done') return
  const { code, message } = error ?? { code: 'job_failed', message: 'no reason is known' }
  throw apiError({ status: 0, code, title: `Job ${jobId} failed`, detail: message })
}
