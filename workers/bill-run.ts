// Process entry: selects the accounts of bill runs, and proposes the runs that schedules call for.
import { billBatchJob } from '../src/jobs/bill-batch.ts'
import { billRunJob } from '../src/jobs/bill-run.ts'
import { scheduleTickJob } from '../src/jobs/schedule-tick.ts'
import { carryOutBillRun } from '../src/ledger/carry-out-bill-run.ts'
import { openProcess, runEntry } from '../src/open-process.ts'
import { proposeDueRuns } from '../src/queue/schedules.ts'
import { startWorker, workerSettings } from '../src/queue/start-worker.ts'
import { wake } from '../src/queue/wake.ts'

await runEntry(async () => {
  const { config, log, db, backend, queues, onStop } = await openProcess('worker-bill-run')
  const wakeBatches = (ids: readonly string[]) =>
    wake(
      queues,
      billBatchJob,
      ids.map((billBatchId) => ({ v: 1 as const, billBatchId })),
    )
  const settings = workerSettings(config, log, 2)
  const carryOut = ({ billRunId }: { billRunId: string }) =>
    carryOutBillRun(db, billRunId, config.BILL_BATCH_SIZE, wakeBatches)
  const propose = () => proposeDueRuns(db, queues, log)
  onStop((await startWorker(backend, billRunJob, carryOut, settings)).close)
  onStop((await startWorker(backend, scheduleTickJob, propose, settings)).close)
})
