// Process entry: carries out accepted reversals.
import { inTransaction } from '../src/db/transaction.ts'
import { reversalJob } from '../src/jobs/reversal.ts'
import { requestReversals } from '../src/ledger/request-reversals.ts'
import { openProcess, runEntry } from '../src/open-process.ts'
import { gather } from '../src/queue/gather.ts'
import { startWorker, workerSettings } from '../src/queue/start-worker.ts'

await runEntry(async () => {
  const { config, log, db, backend, onStop } = await openProcess('worker-reversal')
  const request = gather<string>(config.CREDIT_CONCURRENCY, (jobIds) =>
    inTransaction(db, (tx) => requestReversals(tx, jobIds)),
  )
  const settings = workerSettings(config, log, config.CREDIT_CONCURRENCY)
  onStop(startWorker(backend, reversalJob, ({ jobId }) => request(jobId), settings).close)
})
