// Process entry: carries out accepted reversals.
import { inTransaction } from '../src/db/transaction.ts'
import { reversalJob } from '../src/jobs/reversal.ts'
import { requestReversals } from '../src/ledger/request-reversals.ts'
import { openProcess, runEntry } from '../src/open-process.ts'
import { startWorker, workerSettings } from '../src/queue/start-worker.ts'
import { togetherOrAlone } from '../src/queue/together-or-alone.ts'

await runEntry(async () => {
  const { config, log, db, backend, onStop } = await openProcess('worker-reversal')
  const carryOut = ({ jobIds }: { jobIds: readonly string[] }) =>
    togetherOrAlone(jobIds, (ids) => inTransaction(db, (tx) => requestReversals(tx, ids)))
  onStop(startWorker(backend, reversalJob, carryOut, workerSettings(config, log, config.CREDIT_CONCURRENCY)).close)
})
