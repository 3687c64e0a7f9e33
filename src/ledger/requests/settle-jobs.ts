import { sql } from 'kysely'
import type { Db, Tx } from '../../db/open.ts'

export type QueuedJob = {
  readonly id: string
  /** The credit that it creates or reverses. */
  readonly subject_id: string
  readonly account_id: number
  readonly currency: string
  readonly request: unknown
}

/** Locks those of the jobs that are still queued, in id order. */
export async function lockQueuedJobs(tx: Tx, type: string, ids: readonly string[]): Promise<readonly QueuedJob[]> {
  const { rows } = await sql<QueuedJob>`
    select job.id, job.subject_id, job.account_id, account.currency, job.request
    from job join account on account.id = job.account_id
    where job.id = any(${ids}::uuid[]) and job.type = ${type} and job.status = 'queued'
    order by job.id for no key update of job`.execute(tx)
  return rows
}

export type SettledJob = {
  readonly id: string
  readonly refusal: { readonly code: string; readonly message: string } | undefined
  readonly result: object
}

/** Writes the outcomes of jobs: done with a result, or failed with a stable code and a reason for people. */
export async function settleJobs(db: Db | Tx, jobs: readonly SettledJob[]): Promise<void> {
  if (jobs.length === 0) return
  const rows = jobs.map(({ id, refusal, result }) => ({ id, code: refusal?.code, message: refusal?.message, result }))
  await sql`
    update job set
      status = case when settled.code is null then 'done' else 'failed' end::job_status,
      error_code = settled.code, error_message = settled.message,
      result = case when settled.code is null then settled.result end,
      attempts = attempts + 1, trouble = null, trouble_since = null, finished_at = now()
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as settled (id uuid, code text, message text, result jsonb)
    where job.id = settled.id and job.status = 'queued'`.execute(db)
}
