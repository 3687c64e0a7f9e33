// Process entry: carries out accepted reversals.
import { reversalJob } from '../src/jobs/reversal.ts'
import { requestReversals } from '../src/ledger/request-reversals.ts'
import { openProcess, runEntry } from '../src/open-process.ts'
import { startAcceptedWorker } from '../src/queue/start-accepted-worker.ts'

await runEntry(async () => {
  const opened = await openProcess('worker-reversal')
  opened.onStop((await startAcceptedWorker(opened, reversalJob, requestReversals)).close)
})
