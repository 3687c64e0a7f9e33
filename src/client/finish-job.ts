import type { ApiClient } from './api-client.ts'
import { apiError } from './api-error.ts'

/**
 * Waits until an accepted request is done, for `timeoutMs` if given. Throws an ApiError with the job's code when it failed, as for a
 * request that is refused at once.
 */
export async function finishJob(client: ApiClient, jobId: string, timeoutMs?: number): Promise<void> {
  const { status, error } = await client.waitForJob(jobId, { timeoutMs })
  if (status === 'done') return
  const { code, message } = error ?? { code: 'job_failed', message: 'no reason is known' }
  throw apiError({ status: 0, code, title: `Job ${jobId} failed`, detail: message })
}
