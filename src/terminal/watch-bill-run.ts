import type { BillRun } from '../api/types.ts'
import type { ApiClient } from '../client/api-client.ts'
import { openProgress } from './progress.ts'

type WatchOptions = {
  readonly title: string
  readonly stream?: NodeJS.WriteStream
  readonly timeoutMs?: number | undefined
}

/** Waits until the bill run has ended, and shows how many of its accounts are processed. */
export async function watchBillRun(
  client: ApiClient,
  billRunId: string,
  { title, stream, timeoutMs }: WatchOptions,
): Promise<BillRun> {
  const progress = openProgress(title, stream)
  try {
    return await client.waitForBillRun(billRunId, {
      timeoutMs,
      onProgress: ({ progress: { accounts, billed, nothingToBill, failed } }) =>
        progress.update(billed + nothingToBill + failed, accounts),
    })
  } finally {
    progress.stop()
  }
}
