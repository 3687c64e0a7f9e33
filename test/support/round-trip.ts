import { randomUUID } from 'node:crypto'
import { openBackend } from '../../src/queue/backend.ts'

export type RedisSettings = { readonly url: string; readonly cluster?: boolean }

/**
 * Adds a job to a queue on this Redis and has a worker take it, as processes of the service would. Throws when the queue cannot be opened,
 * with what it complained of; gives those complaints otherwise.
 */
export async function roundTrip({ url, cluster = false }: RedisSettings): Promise<readonly string[]> {
  const complaints: string[] = []
  const backend = await openBackend({
    databaseUrl: '',
    redisUrl: url,
    redisCluster: cluster,
    prefix: `test-${randomUUID()}`,
    onError: ({ message }) => complaints.push(message),
  })
  try {
    const queue = await backend.openQueue('things')
    const taken = Promise.withResolvers<void>()
    const worker = await backend.openWorker('things', async () => taken.resolve(), { concurrency: 1 })
    await queue.add('thing', {}, { jobId: 'one' })
    await taken.promise
    await backend.ping()
    await backend.isFull()
    await backend.nextJobs(queue, 1)
    await queue.getJobCounts()
    await worker.close()
    await queue.obliterate({ force: true })
    await queue.close()
    return complaints
  } finally {
    await backend.close()
  }
}

// As a process of its own, for what is read from the environment when a process starts.
if (import.meta.main) {
  await roundTrip({ url: process.argv[2] as string, cluster: process.argv[3] === 'cluster' })
  console.log('taken')
}
