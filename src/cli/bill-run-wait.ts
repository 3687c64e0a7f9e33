import type { BillRun } from '../api/types.ts'
import { billRunText } from '../terminal/bill-run-text.ts'
import { shortId } from '../terminal/short-id.ts'
import { watchBillRun } from '../terminal/watch-bill-run.ts'
import type { ClientContext } from './client-command.ts'
import { EXIT } from './command-error.ts'
import { sayOnInterrupt } from './interrupt.ts'

export const BILL_RUN_EXIT_CODES = `
Exit codes:
  0    completed (without --wait: accepted)
  1    completed with failures
  2    could not: refused, cancelled, or the service cannot be reached
  3    still going on when --timeout was over
  130  interrupted; the run goes on`

/** Waits, shows the run and sets the exit code. The progress bar goes to stderr, so that stdout has only the answer. */
export async function showWhenEnded(
  { client, show, output }: ClientContext,
  billRunId: string,
  { timeout }: { readonly timeout?: number | undefined } = {},
): Promise<void> {
  const end = sayOnInterrupt(() => `The run goes on. Look again: nightbill bill-run watch ${shortId(billRunId)}`)
  try {
    const run = await watchBillRun(client, billRunId, { title: 'Billing', stream: process.stderr, timeoutMs: timeout })
    show(run, (ended) => billRunText(ended, output.people))
    process.exitCode = exitCodeOf(run)
  } finally {
    end()
  }
}

export function exitCodeOf({ status }: BillRun): number {
  if (status === 'completed') return EXIT.done
  return status === 'completed_with_failures' ? EXIT.findings : EXIT.couldNot
}
