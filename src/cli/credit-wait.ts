import { creditColumns } from '../terminal/credit-columns.ts'
import type { ClientContext } from './client-command.ts'
import { finishWaiting, type WaitOptions } from './wait-options.ts'

/** Waits for the job and shows the credit as it is then. */
export async function showWhenDone(
  { client, showRow }: ClientContext,
  jobId: string,
  creditId: string,
  options: WaitOptions,
): Promise<void> {
  await finishWaiting(client, jobId, options)
  showRow(await client.getCredit(creditId), creditColumns)
}
