// Process entry: records accepted credits.
import { inTransaction } from '../src/db/transaction.ts'
import { creditJob } from '../src/jobs/credit.ts'
import { recordCredits } from '../src/ledger/record-credits.ts'
import { openProcess, runEntry } from '../src/open-process.ts'
import { startWorker, workerSettings } from '../src/queue/start-worker.ts'
import { togetherOrAlone } from '../src/queue/together-or-alone.ts'

await runEntry(async () => {
  const { config, log, db, backend, onStop } = await openProcess('worker-credit')
  const carryOut = ({ jobIds }: { jobIds: readonly string[] }) =>
    togetherOrAlone(jobIds, (ids) => inTransaction(db, (tx) => recordCredits(tx, ids)))
  onStop(startWorker(backend, creditJob, carryOut, workerSettings(config, log, config.CREDIT_CONCURRENCY)).close)
})
