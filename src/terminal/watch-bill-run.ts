import type { BillRun } from '../api/types.ts'
import type { ApiClient } from '../client/api-client.ts'
import { waitedTooLong } from '../client/poll-until.ts'
import { openProgress } from './progress.ts'

type WatchOptions = {
  readonly title: string
  readonly stream?: NodeJS.WriteStream
  readonly timeoutMs?: number | undefined
}

/**
 * Waits until the bill run has ended, and shows how many of its accounts are processed. Throws the ApiError `wait_timed_out` after
 * `timeoutMs`; the run goes on.
 */
export async function watchBillRun(
  client: ApiClient,
  billRunId: string,
  { title, stream, timeoutMs }: WatchOptions,
): Promise<BillRun> {
  const progress = openProgress(title, stream)
  try {
    const signal = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)
    for await (const run of client.watchBillRun(billRunId, { signal })) {
      const { accounts, billed, nothingToBill, failed } = run.progress
      progress.update(billed + nothingToBill + failed, accounts)
      if (run.finishedAt !== null) return run
    }
    throw waitedTooLong(timeoutMs ?? 0)
  } finally {
    progress.stop()
  }
}
