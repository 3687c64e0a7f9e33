import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Db } from '../db/open.ts'
import { JOBS, type Queues } from '../queue/wake.ts'

export type Metrics = {
  readonly contentType: string
  /** Counts an answered request; `seconds` is how long it took. */
  readonly observe: (
    request: { readonly method: string; readonly route: string; readonly status: number },
    seconds: number,
  ) => void
  /** All metrics as Prometheus reads them. */
  readonly read: () => Promise<string>
}

/** How long the queue may take to tell its counts, in ms. Whoever asks for the metrics waits some seconds at most. */
const QUEUE_WITHIN_MS = 5_000

/**
 * How requests and work stand. What is durable is read from the database when it is asked for, so every process tells the same, also
 * when the queue is away.
 */
export function openMetrics(db: Db, queues: Queues): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const requests = new Histogram({
    name: 'nightbill_http_request_seconds',
    help: 'Time to answer, by route and status',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers: [registry],
  })
  const gauges = openGauges(registry)
  return {
    contentType: registry.contentType,
    observe: (request, seconds) => requests.observe(request, seconds),
    read: async () => {
      await Promise.all([readDurable(db, gauges), readQueue(queues, gauges)])
      return await registry.metrics()
    },
  }
}

type Gauges = Readonly<Record<'open' | 'queue' | 'queueUp' | 'runs' | 'failures' | 'reconciled' | 'violations', Gauge>>

function openGauges(registry: Registry): Gauges {
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `nightbill_${name}`, help, labelNames, registers: [registry] })
  return {
    open: gauge('to_be_done', 'Durable work that is not carried out, by kind', ['kind']),
    queue: gauge('queue_jobs', 'Jobs in the queue, by queue and state, as long as it can be read', ['queue', 'state']),
    queueUp: gauge('queue_up', 'Whether the queue could be read: 1, or 0 when it could not'),
    runs: gauge('bill_runs_unfinished', 'Bill runs that have not ended'),
    failures: gauge('bill_run_failures', 'Accounts that a bill run of the last 30 days could not bill'),
    reconciled: gauge('reconciled_timestamp_seconds', 'When the last reconciliation ended, 0 for never'),
    violations: gauge('reconcile_violations', 'Rows that broke a rule at the last reconciliation'),
  }
}

async function readDurable(db: Db, gauges: Gauges): Promise<void> {
  const { rows } = await sql<{ kind: string; value: number }>`
    select 'credit' as kind, count(*) as value from job where status = 'queued' and type = 'credit'
    union all select 'reversal', count(*) from job where status = 'queued' and type = 'reversal'
    union all select 'bill-batch', count(*) from bill_batch where status = 'open'
    union all select 'runs', count(*) from bill_run where finished_at is null
    union all select 'failures', count(*) from bill_batch where status = 'failed' and finished_at > now() - interval '30 days'`.execute(
    db,
  )
  for (const { kind, value } of rows) {
    if (kind === 'runs' || kind === 'failures') gauges[kind].set(value)
    else gauges.open.set({ kind }, value)
  }
  const last = await db
    .selectFrom('reconciliation')
    .select(['finished_at', 'violations'])
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  gauges.reconciled.set(last ? last.finished_at.getTime() / 1_000 : 0)
  gauges.violations.set(last?.violations ?? 0)
}

/** Reads how many jobs are in the queue. When that cannot be read there are no counts, rather than those of an earlier moment. */
async function readQueue(queues: Queues, gauges: Gauges): Promise<void> {
  const counts = await countJobs(queues)
  gauges.queueUp.set(counts === undefined ? 0 : 1)
  gauges.queue.reset()
  for (const { queue, state, count } of counts ?? []) gauges.queue.set({ queue, state }, count)
}

type JobCount = { readonly queue: string; readonly state: string; readonly count: number }

/** The jobs of every queue, by state; undefined when they cannot be read, or not in time. */
async function countJobs(queues: Queues): Promise<readonly JobCount[] | undefined> {
  const counting = Promise.all(
    JOBS.map(async ({ name }) => {
      const counts = await queues.of({ name }).getJobCounts('waiting', 'active', 'delayed', 'failed')
      return Object.entries(counts).map(([state, count]) => ({ queue: name, state, count }))
    }),
  )
  const counted = counting.then(
    (counts) => counts.flat(),
    () => undefined,
  )
  return await Promise.race([counted, sleep(QUEUE_WITHIN_MS, undefined, { ref: false })])
}
