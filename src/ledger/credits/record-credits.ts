import { sql } from 'kysely'
import Value from 'typebox/value'
import type { Tx } from '../../db/open.ts'
import { parseAmount } from '../../money.ts'
import { CreditRequest } from '../../requests/credit-request.ts'
import { lockQueuedJobs, type QueuedJob, settleJobs } from '../requests/settle-jobs.ts'

/**
 * Records accepted credits as pending, each exactly once: the job's row is locked, and settled in the same transaction. Many at a time cost
 * little more than one, and each has its own outcome. A job that is settled already is skipped.
 */
export async function recordCredits(tx: Tx, jobIds: readonly string[]): Promise<void> {
  const jobs = await lockQueuedJobs(tx, 'credit', jobIds)
  const checked = jobs.map((job) => ({ job, refusal: checkRequest(job) }))
  const good = checked.filter(({ refusal }) => refusal === undefined).map(({ job }) => job.id)
  if (good.length > 0) {
    await sql`
      insert into credit (id, account_id, amount, reason, note, reference, automatic_disbursement, created_at)
      select subject_id, account_id, (request->>'amount')::numeric, request->>'reason', request->>'note', request->>'reference',
        coalesce((request->>'automaticDisbursement')::boolean, true), created_at
      from job where id = any(${good}::uuid[])
      on conflict do nothing`.execute(tx)
  }
  await settleJobs(
    tx,
    checked.map(({ job, refusal }) => ({ id: job.id, refusal, result: { creditId: job.subject_id } })),
  )
}

/** Checks a stored request again, with the schema and the rules that the API uses. Returns the refusal if it is not valid. */
function checkRequest(job: QueuedJob): { code: string; message: string } | undefined {
  if (!Value.Check(CreditRequest, job.request)) {
    return { code: 'invalid_request', message: 'the stored request is not a credit' }
  }
  const amount = parseAmount(job.request.amount, job.currency)
  return typeof amount === 'string' ? { code: 'invalid_amount', message: `the amount ${amount}` } : undefined
}
