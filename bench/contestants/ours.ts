import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { openDb } from '../../src/db/open.ts'
import { inTransaction } from '../../src/db/transaction.ts'
import { billBatchJob } from '../../src/jobs/bill-batch.ts'
import { billRunJob } from '../../src/jobs/bill-run.ts'
import { startBillRun } from '../../src/ledger/start-bill-run.ts'
import { openBackend } from '../../src/queue/backend.ts'
import { openQueues, type Queues, wake } from '../../src/queue/wake.ts'
import type { Contestant } from '../contestant.ts'
import { startProcesses } from '../worker-processes.ts'

/** This service, as it runs in earnest: worker processes, relay and queue. */
export const ours: Contestant = {
  name: 'ours',
  start: async (target) => {
    const env = {
      DATABASE_URL: target.databaseUrl,
      ...(target.redisUrl === undefined ? {} : { REDIS_URL: target.redisUrl }),
      QUEUE_PREFIX: new URL(target.databaseUrl).pathname.slice(1),
      BILL_BATCH_SIZE: String(target.batch),
      BILL_BATCH_CONCURRENCY: String(target.concurrency),
      LOG_LEVEL: 'warn',
    }
    const batchWorkers = startProcesses(Array(target.workers).fill('workers/bill-batch.ts'), env)
    const others = startProcesses(['workers/bill-run.ts', 'workers/relay.ts'], env)
    const onError = (error: Error) => console.error(error)
    const db = openDb({
      url: target.databaseUrl,
      max: 2,
      name: 'bench',
      statementTimeoutMs: 30_000,
      lockTimeoutMs: 10_000,
      onIdleError: onError,
    })
    const backend = await openBackend({
      databaseUrl: target.databaseUrl,
      redisUrl: target.redisUrl,
      prefix: env.QUEUE_PREFIX,
      onError,
    })
    const queues = openQueues(backend)
    const watch = new pg.Client({ connectionString: target.databaseUrl })
    await watch.connect()

    const bill = async (billGroup: string) => {
      const billRunId = await inTransaction(db, (tx) =>
        startBillRun(tx, { of: { billGroup }, billDate: target.billDate, name: billGroup }),
      )
      await wake(queues, billRunJob, [{ v: 1, billRunId: billRunId as string }])
      for (;;) {
        const { rows } = await watch.query({
          name: 'status',
          text: 'select status from bill_run where id = $1 and finished_at is not null',
          values: [billRunId],
        })
        if (rows[0]?.status === 'completed') return
        if (rows[0]) throw new Error(`the bill run ended ${rows[0].status}`)
        await sleep(10)
      }
    }
    await ready(queues, target.workers)
    await bill('warm-up')
    return {
      bill: () => bill('default'),
      stop: async () => {
        const peakMemoryMb = await batchWorkers.peakMemoryMb()
        await batchWorkers.stop()
        await others.stop()
        await watch.end()
        await queues.close()
        await backend.close()
        await db.destroy()
        return { peakMemoryMb }
      },
    }
  },
}

/** Waits until the workers have told the queue that they are there. */
async function ready(queues: Queues, workers: number): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    const batchWorkers = await queues.of(billBatchJob).getWorkersCount()
    const runWorkers = await queues.of(billRunJob).getWorkersCount()
    if (batchWorkers >= workers && runWorkers >= 1) return
    await sleep(50)
  }
  throw new Error('the workers are not ready after 30 s')
}
