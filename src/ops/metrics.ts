import { setTimeout as sleep } from 'node:timers/promises'
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Db } from '../db/open.ts'
import type { Queues } from '../queue/queues.ts'
import type { Kind } from '../work/kind.ts'
import { KINDS } from '../work/kinds.ts'
import { openDurableFigures } from './durable-figures.ts'

export type Metrics = {
  readonly contentType: string
  /** Counts an answered request, which took `seconds`. */
  readonly observe: (
    request: { readonly method: string; readonly route: string; readonly status: number },
    seconds: number,
  ) => void
  /** Returns all metrics in the format of Prometheus. */
  readonly read: () => Promise<string>
}

/** How long the queue may take to return its counts, in ms: a scrape times out after some seconds. */
const QUEUE_TIMEOUT_MS = 5_000

/**
 * Opens the metrics of requests and work. The metrics of durable work are read from the database at each scrape, so every API process
 * reports the same figures, even when the queue is away.
 */
export function openMetrics(db: Db, queues: Queues, kinds: readonly Kind[] = KINDS): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const requests = new Histogram({
    name: 'nightbill_http_request_seconds',
    help: 'Time to answer, by route and status',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers: [registry],
  })
  const readDurable = openDurableFigures(db, registry, kinds)
  const readQueue = openQueueFigures(queues, registry)
  const read = async () => {
    await Promise.all([readDurable(), readQueue()])
    return await registry.metrics()
  }
  // Simultaneous scrapes share one answer, because anyone may scrape without a key.
  let underWay: Promise<string> | undefined
  return {
    contentType: registry.contentType,
    observe: (request, seconds) => requests.observe(request, seconds),
    read: () => {
      underWay ??= read().finally(() => {
        underWay = undefined
      })
      return underWay
    },
  }
}

/** Registers the numbers of jobs in the queue. When they cannot be read there are no counts, rather than old ones. */
function openQueueFigures(queues: Queues, registry: Registry): () => Promise<void> {
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `nightbill_${name}`, help, labelNames, registers: [registry] })
  const jobs = gauge('queue_jobs', 'Jobs in the queue, by queue and state; absent when it cannot be read', [
    'queue',
    'state',
  ])
  const up = gauge('queue_up', 'Whether the queue could be read: 1, or 0 when it could not')
  return async () => {
    const counts = await countJobs(queues)
    up.set(counts === undefined ? 0 : 1)
    jobs.reset()
    for (const { queue, state, count } of counts ?? []) jobs.set({ queue, state }, count)
  }
}

type JobCount = { readonly queue: string; readonly state: string; readonly count: number }

/** The number of jobs of every queue, by state; undefined when they cannot be read in time. */
async function countJobs(queues: Queues): Promise<readonly JobCount[] | undefined> {
  const counting = Promise.all(
    queues.names.map(async (name) => {
      const counts = await queues.of(name).getJobCounts('waiting', 'active', 'delayed', 'failed')
      return Object.entries(counts).map(([state, count]) => ({ queue: name, state, count }))
    }),
  )
  const counted = counting.then(
    (counts) => counts.flat(),
    () => undefined,
  )
  return await Promise.race([counted, sleep(QUEUE_TIMEOUT_MS, undefined, { ref: false })])
}
