import { sql } from 'kysely'
import type { Db, Tx } from '../../db/open.ts'
import { inTransaction } from '../../db/transaction.ts'
import { Refusal } from '../../problems.ts'
import type { Actor } from '../audit/actor.ts'
import { writeAudit } from '../audit/write-audit.ts'
import { type JobRow, retryJobs } from './retry-job.ts'

/** Jobs in one transaction. */
const SLICE = 1_000
/** How long one call goes on, in ms: its caller waits. A slice of credits with references takes some 0.13 s. */
const MAX_MS = 20_000
/** Tries of a slice whose jobs are retried by others at the same moment. */
const MAX_TRIES = 5

/** Which failed jobs are meant: of these reasons, of this type, of this account. What is left out matches all. */
export type FailedJobs = {
  readonly codes?: readonly string[] | undefined
  readonly type?: string | undefined
  readonly accountId?: number | undefined
}

export type RetriedJobs = {
  readonly retried: number
  /** Those that cannot be retried, because another job has their reference, or reverses the same credit. They stay failed. */
  readonly refused: number
  /** Whether some are left, because there was no time for all. */
  readonly more: boolean
}

export type RetryOptions = {
  readonly actor: Actor
  readonly reason: string | undefined
  /** Called after each COMMIT with jobs of one type that are queued. */
  readonly onQueued: (type: string, ids: readonly string[]) => void
}

/**
 * Queues all failed jobs again that match and had failed before now, slice by slice, each a transaction with its audit entries. What one
 * slice has queued stays queued whatever comes after it.
 */
export async function retryFailedJobs(db: Db, which: FailedJobs, options: RetryOptions): Promise<RetriedJobs> {
  // As text: a Date would cut the microseconds off.
  const { rows } = await sql<{ now: string }>`select now()::text as now`.execute(db)
  const failedBefore = (rows[0] as { now: string }).now
  const until = performance.now() + MAX_MS
  let [retried, refused] = [0, 0]
  for (let after: Placed | undefined; ; ) {
    const slice = await retrySlice(db, { which, failedBefore, after }, options)
    retried += slice.retried
    refused += slice.refused
    if (slice.last === undefined) return { retried, refused, more: false }
    if (performance.now() > until) return { retried, refused, more: true }
    after = slice.last
  }
}

/** `place`: its `created_at` as text, with its microseconds. */
type Placed = JobRow & { readonly place: string }
type Slice = { readonly which: FailedJobs; readonly failedBefore: string; readonly after: Placed | undefined }
type Done = { readonly retried: number; readonly refused: number; readonly last: Placed | undefined }

/** Thrown to undo a slice whose jobs were changed by others since they were read. */
class JobsChanged extends Error {}

async function retrySlice(db: Db, slice: Slice, options: RetryOptions): Promise<Done> {
  for (let tries = 1; ; tries += 1) {
    try {
      const { queued, ...done } = await inTransaction(db, (tx) => retryWithin(tx, slice, options))
      for (const [type, ids] of queued) if (ids.length > 0) options.onQueued(type, ids)
      return done
    } catch (error) {
      if (!(error instanceof JobsChanged) || tries === MAX_TRIES) throw error
    }
  }
}

async function retryWithin(tx: Tx, slice: Slice, { actor, reason }: RetryOptions) {
  const jobs = await readFailed(tx, slice)
  const queued = new Map<string, readonly string[]>()
  let refused = 0
  for (const [type, ofType] of Map.groupBy(jobs, ({ type }) => type)) {
    const result = await retryJobs(tx, type, ofType)
    if (result.queued.length + result.refused.size < ofType.length) throw new JobsChanged()
    queued.set(type, result.queued)
    refused += result.refused.size
    const ids = new Set(result.queued)
    const byCode = Map.groupBy(
      ofType.filter(({ id }) => ids.has(id)),
      ({ error_code }) => error_code as string,
    )
    for (const [code, { length }] of byCode) {
      const audit = { action: 'job.retry', subject: code, reason, detail: `${length} of type ${type}` }
      await writeAudit(tx, { source: 'http', ...actor }, audit)
    }
  }
  const retried = [...queued.values()].reduce((sum, { length }) => sum + length, 0)
  return { queued, retried, refused, last: jobs.length < SLICE ? undefined : jobs.at(-1) }
}

async function readFailed(tx: Tx, { which, failedBefore, after }: Slice): Promise<readonly Placed[]> {
  const { codes, type, accountId } = which
  const conditions = [
    // A literal: with a parameter, a generic plan cannot match the condition of the partial index.
    sql`status = 'failed'`,
    sql`finished_at <= ${failedBefore}::timestamptz`,
    ...(codes === undefined ? [] : [sql`error_code = any(${codes}::text[])`]),
    ...(type === undefined ? [] : [sql`type = ${type}`]),
    ...(accountId === undefined ? [] : [sql`account_id = ${accountId}::bigint`]),
    ...(after === undefined
      ? []
      : [
          sql`(error_code, created_at, id) > (${after.error_code}::text, ${after.place}::timestamptz, ${after.id}::uuid)`,
        ]),
  ]
  const { rows } = await sql<Placed>`
    select *, created_at::text as place from job where ${sql.join(conditions, sql` and `)} order by error_code, created_at, id limit ${sql.lit(SLICE)}`.execute(
    tx,
  )
  return rows
}

/** The number of the advisory lock of those who retry many jobs. */
const LOCK = sql`hashtext('nightbill retry failed jobs')`

/**
 * Runs `work` while nobody else does, in any process. Throws a Refusal `request_in_flight` when somebody does. So of two requests with one
 * Idempotency-Key, the second finds the answer to the first.
 */
export async function aloneInRetrying<T>(db: Db, work: () => Promise<T>): Promise<T> {
  return await db.connection().execute(async (held) => {
    const { rows } = await sql<{ free: boolean }>`select pg_try_advisory_lock(${LOCK}) as free`.execute(held)
    if (!rows[0]?.free)
      throw new Refusal('request_in_flight', 'failed requests are being retried already: try again in a moment')
    try {
      return await work()
    } finally {
      // A lost connection has lost its lock.
      await sql`select pg_advisory_unlock(${LOCK})`.execute(held).catch(() => {})
    }
  })
}
