import { setTimeout as sleep } from 'node:timers/promises'
import getPort from 'get-port'
import type pg from 'pg'
import { openBackend } from '../../../src/queue/backend.ts'
import { openClient } from '../../database.ts'
import { apiReady, inTime } from '../../in-time.ts'
import type { Work } from '../../work/work.ts'
import { ROOT, startProcesses } from '../../worker-processes.ts'
import type { Contestant, Target } from '../contestant.ts'

const API_KEY = 'the-key-of-the-benchmark'

/** A version of this service: the folder that it is in, the command lines of its processes, and its settings. */
type Version = {
  readonly folder: string
  readonly billBatch: string
  readonly others: readonly string[]
  readonly settings: (target: Target) => Readonly<Record<string, string>>
  /** Whether nothing is left to be done for a bill run that has ended. */
  readonly isDone: (client: pg.Client, billRunId: string) => Promise<boolean>
}

/** This version as it runs in earnest, a process for each of its parts: API, queue, workers, relay. */
export const ours = (work: Work): Contestant =>
  service('ours', work, {
    folder: ROOT,
    billBatch: '--max-semi-space-size=16 workers/worker.ts --kinds bill-batch',
    others: ['src/cli.ts api', 'workers/worker.ts --kinds bill-run,relay'],
    settings: ({ batch, concurrency }) => ({ BILL_BATCH_SIZE: `${batch}`, BILL_BATCH_CONCURRENCY: `${concurrency}` }),
    // The relay reconciles the rows of a run soon after it.
    isDone: async (client, billRunId) => {
      const { rowCount } = await client.query('select from reconciliation where bill_run_id = $1', [billRunId])
      return rowCount !== 0
    },
  })

/** The old version, likewise, with the size of batches that it had: four at once of 1,000 accounts. */
export const old = (work: Work, folder: string): Contestant =>
  service('old', work, {
    folder,
    billBatch: '--max-semi-space-size=16 workers/bill-batch.ts',
    others: ['src/cli.ts api', 'workers/bill-run.ts', 'workers/relay.ts'],
    settings: () => ({}),
    isDone: async () => true,
  })

function service(name: string, work: Work, { folder, billBatch, others, settings, isDone }: Version): Contestant {
  const start = async (target: Target) => {
    const port = await getPort({ host: '127.0.0.1' })
    const env = { ...environment(target, port), ...settings(target) }
    const workers = startProcesses(Array(target.workers).fill(billBatch), env, folder)
    const rest = startProcesses(others, env, folder)
    const watch = await openClient(target.databaseUrl)

    const bill = async (billGroup: string) => {
      const billRunId = await startBillRun(port, { billGroup, billDate: target.billDate })
      for (;;) {
        const { rows } = await watch.query({
          name: 'status',
          text: 'select status from bill_run where id = $1 and finished_at is not null',
          values: [billRunId],
        })
        if (rows[0]?.status === 'completed') return billRunId
        if (rows[0]) throw new Error(`the bill run ended ${rows[0].status}`)
        await sleep(25)
      }
    }
    await apiReady(port)
    await workersReady(target, env.QUEUE_PREFIX)
    const warmUp = await bill('warm-up')
    await inTime('the end of the warm-up', () => isDone(watch, warmUp))
    return {
      bill: async () => void (await bill('default')),
      stop: async () => {
        const peakMemoryMb = await workers.peakMemoryMb()
        await workers.stop()
        await rest.stop()
        await watch.end()
        return { peakMemoryMb }
      },
    }
  }
  return { name, work, start }
}
function environment(target: Target, port: number) {
  return {
    PORT: String(port),
    BOOTSTRAP_API_KEY: API_KEY,
    DATABASE_URL: target.databaseUrl,
    ...(target.redisUrl === undefined ? {} : { REDIS_URL: target.redisUrl }),
    QUEUE_PREFIX: new URL(target.databaseUrl).pathname.slice(1),
    LOG_LEVEL: 'warn',
  }
}

async function startBillRun(
  port: number,
  body: { readonly billGroup: string; readonly billDate: string },
): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/bill-runs`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${API_KEY}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (response.status !== 202)
    throw new Error(`POST /v1/bill-runs answered ${response.status}: ${await response.text()}`)
  return ((await response.json()) as { billRunId: string }).billRunId
}

/** Waits until the workers have told the queue that they are there. */
async function workersReady({ databaseUrl, redisUrl, workers }: Target, prefix: string): Promise<void> {
  const backend = await openBackend({ databaseUrl, redisUrl, prefix, onError: (error) => console.error(error) })
  const queues = await Promise.all(['bill-batch', 'bill-run'].map((name) => backend.openQueue(name)))
  await inTime('the workers', async () => {
    const [batchWorkers = 0, runWorkers = 0] = await Promise.all(queues.map((queue) => queue.getWorkersCount()))
    return batchWorkers >= workers && runWorkers >= 1
  })
  for (const queue of queues) await queue.close()
  await backend.close()
}
