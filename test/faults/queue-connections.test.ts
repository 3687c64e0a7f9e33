import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Job } from 'bullmq'
import { expect, inject } from 'vitest'
import { type Backend, openBackend } from '../../src/queue/backend.ts'
import { prepareQueues } from '../../src/work/prepare-queues.ts'
import { describeAlongside, onEachBackend } from '../support/backends.ts'
import { execute, openTestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { type FlakyProxy, openFlakyProxy } from '../support/flaky-proxy.ts'
import { redisUrl } from '../support/redis.ts'

const QUEUE = 'things'

/** Opens the queue twice: straight, and by way of what `through` makes of its address. */
async function openTwice(kind: Backend['kind'], through: (url: string) => string, answerTimeoutMs?: number) {
  const database = await openTestDatabase()
  const redis = kind === 'redis' ? redisUrl() : undefined
  await prepareQueues({ ownerUrl: database.ownerUrl, redisUrl: redis })
  const options = {
    prefix: `test-${randomUUID()}`,
    onError: () => {},
    ...(answerTimeoutMs === undefined ? {} : { answerTimeoutMs }),
  }
  const straight = await openBackend({ ...options, databaseUrl: database.url, redisUrl: redis })
  const behind = await openBackend({
    ...options,
    databaseUrl: redis === undefined ? through(database.url) : database.url,
    redisUrl: redis === undefined ? undefined : through(redis),
  })
  const done: string[] = []
  const work = async (job: Job) => void done.push(String(job.id))
  const closers: (() => Promise<unknown>)[] = [database.drop, straight.close, behind.close]
  const openQueue = async (backend: Backend) => {
    const queue = await backend.openQueue(QUEUE)
    closers.push(() => queue.close())
    return queue
  }
  return {
    databaseUrl: database.url,
    straight: await openQueue(straight),
    openQueueBehind: () => openQueue(behind),
    openWorkerBehind: async () => {
      const worker = await behind.openWorker(QUEUE, work, { concurrency: 1 })
      closers.push(() => worker.close())
    },
    expectDone: (id: string) => eventually(() => expect(done).toContain(id)),
    close: async () => {
      for (const close of closers.toReversed()) await close()
    },
  }
}

/** Where the queue is served. */
const addressOf = (backend: Backend['kind']) => (backend === 'redis' ? (redisUrl() as string) : inject('postgresUrl'))

type Queues = Awaited<ReturnType<typeof openTwice>>

/** Does something with a queue that is reached by way of a proxy, which can refuse connections. */
async function behindProxy(backend: Backend['kind'], act: (queue: Queues, proxy: FlakyProxy) => Promise<void>) {
  const proxy = await openFlakyProxy(addressOf(backend))
  const queue = await openTwice(backend, proxy.through)
  try {
    await act(queue, proxy)
  } finally {
    await queue.close()
    await proxy.close()
  }
}

onEachBackend('a queue that refuses connections for a while', (backend, it) => {
  it('is served again soon after, also what was added meanwhile', () =>
    behindProxy(backend, async (queue, proxy) => {
      await queue.openWorkerBehind()
      await queue.straight.add('thing', {}, { jobId: 'before' })
      await queue.expectDone('before')
      await proxy.refuse()
      await sleep(1_000)
      await queue.straight.add('thing', {}, { jobId: 'meanwhile' })
      await sleep(1_000)
      await proxy.listenAgain()
      await queue.expectDone('meanwhile')
    }))
})

onEachBackend('a queue that is opened while it refuses connections', (backend, it) => {
  it('is opened when it takes them again, and then works', () =>
    behindProxy(backend, async (queue, proxy) => {
      await proxy.refuse()
      const opening = Promise.all([queue.openQueueBehind(), queue.openWorkerBehind()])
      await sleep(1_000)
      await proxy.listenAgain()
      const [behind] = await opening
      await behind.add('thing', {}, { jobId: 'added' })
      await queue.expectDone('added')
    }))
})

onEachBackend('a connection to the queue that swallows everything', (backend, it) => {
  it('is given up: whoever waits for an answer is told, and work goes on over another', async () => {
    const proxy = await openFlakyProxy(addressOf(backend))
    const queue = await openTwice(backend, proxy.through, 2_000)
    try {
      await queue.openWorkerBehind()
      const behind = await queue.openQueueBehind()
      await behind.add('thing', {}, { jobId: 'before' })
      await queue.expectDone('before')
      proxy.silence()
      const told = behind.add('thing', {}, { jobId: 'swallowed' }).then(
        () => 'answered',
        () => 'refused',
      )
      expect(await Promise.race([told, sleep(60_000).then(() => 'waits')])).not.toBe('waits')
      await eventually(() => behind.add('thing', {}, { jobId: 'after' }))
      // Each of the connections in its pool is found out by an answer that does not come.
      await queue.expectDone('after')
    } finally {
      await queue.close()
      await proxy.close()
    }
  })
})

describeAlongside('a queue in Postgres', (it) => {
  it('is looked at also by a worker that nobody has called', async () => {
    const queue = await openTwice('postgres', (url) => url)
    try {
      await queue.openWorkerBehind()
      await queue.straight.add('thing', {}, { jobId: 'late', delay: 3_600_000 })
      await sleep(500)
      await execute(queue.databaseUrl, "update bullmq.job set state = 'waiting' where id = 'late'")
      await queue.expectDone('late')
    } finally {
      await queue.close()
    }
  })
})
