import getPort from 'get-port'
import { openBackend } from '../../src/queue/backend.ts'
import { apiReady, inTime } from '../in-time.ts'
import { startProcesses } from '../worker-processes.ts'

const API_KEY = 'the-key-of-the-benchmark'

export type IntakeService = Awaited<ReturnType<typeof startIntakeService>>

/** The parts of this service that take credits in, a process each: the API and the relay now, the credit worker when it is asked for. */
export async function startIntakeService(databaseUrl: string, redisUrl: string | undefined) {
  const port = await getPort({ host: '127.0.0.1' })
  const prefix = new URL(databaseUrl).pathname.slice(1)
  const env = {
    PORT: String(port),
    BOOTSTRAP_API_KEY: API_KEY,
    DATABASE_URL: databaseUrl,
    ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
    QUEUE_PREFIX: prefix,
    LOG_LEVEL: 'warn',
  }
  const processes = [startProcesses(['src/cli.ts api', 'workers/worker.ts --kinds relay'], env)]
  const backend = await openBackend({ databaseUrl, redisUrl, prefix, onError: (error) => console.error(error) })
  const queue = await backend.openQueue('credit')
  let stopping: Promise<void> | undefined
  const stop = async () => {
    for (const started of processes) await started.stop()
    await queue.close()
    await backend.close()
  }
  await apiReady(port)
  return {
    url: `http://127.0.0.1:${port}`,
    apiKey: API_KEY,
    /** Of the wake-ups, to hold them back until there are enough. */
    queue,
    startWorker: async () => {
      processes.push(startProcesses(['workers/worker.ts --kinds credit'], env))
      await inTime('the credit worker', async () => (await queue.getWorkersCount()) >= 1)
    },
    stop: () => (stopping ??= stop()),
  }
}
