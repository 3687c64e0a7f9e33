// Process entry: records accepted credits.
import { inTransaction } from '../src/db/transaction.ts'
import { creditJob } from '../src/jobs/credit.ts'
import { recordCredits } from '../src/ledger/record-credits.ts'
import { openProcess, runEntry } from '../src/open-process.ts'
import { gather } from '../src/queue/gather.ts'
import { startWorker, workerSettings } from '../src/queue/start-worker.ts'

await runEntry(async () => {
  const { config, log, db, backend, onStop } = await openProcess('worker-credit')
  const record = gather<string>(config.CREDIT_CONCURRENCY, (jobIds) =>
    inTransaction(db, (tx) => recordCredits(tx, jobIds)),
  )
  const settings = workerSettings(config, log, config.CREDIT_CONCURRENCY)
  onStop(startWorker(backend, creditJob, ({ jobId }) => record(jobId), settings).close)
})
