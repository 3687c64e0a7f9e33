// Process entry: bills batches of accounts. Run more of these, on more machines, to bill faster.
import { billBatchJob } from '../src/jobs/bill-batch.ts'
import { carryOutBatch } from '../src/ledger/carry-out-batch.ts'
import { openGate } from '../src/ledger/gate.ts'
import { openProcess, runEntry } from '../src/open-process.ts'
import { startWorker, workerSettings } from '../src/queue/start-worker.ts'
import { wake } from '../src/queue/wake.ts'

await runEntry(async () => {
  const { config, log, db, backend, queues, onStop } = await openProcess('worker-bill-batch')
  const wakeBatches = (ids: readonly string[]) =>
    wake(
      queues,
      billBatchJob,
      ids.map((billBatchId) => ({ v: 1 as const, billBatchId })),
    )
  const gate = openGate()
  const settings = workerSettings(config, log, config.BILL_BATCH_CONCURRENCY)
  const carryOut = async ({ billBatchId }: { billBatchId: string }) => {
    const failure = await carryOutBatch(db, billBatchId, wakeBatches, gate)
    if (failure === undefined) return
    const { cause, ...what } = failure
    log.error({ ...what, billBatchId, err: cause }, 'an account could not be billed')
  }
  onStop((await startWorker(backend, billBatchJob, carryOut, settings)).close)
})
