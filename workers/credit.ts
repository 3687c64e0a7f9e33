// Process entry: records accepted credits.
import { creditJob } from '../src/jobs/credit.ts'
import { recordCredits } from '../src/ledger/record-credits.ts'
import { openProcess, runEntry } from '../src/open-process.ts'
import { startAcceptedWorker } from '../src/queue/start-accepted-worker.ts'

await runEntry(async () => {
  const opened = await openProcess('worker-credit')
  opened.onStop((await startAcceptedWorker(opened, creditJob, recordCredits)).close)
})
