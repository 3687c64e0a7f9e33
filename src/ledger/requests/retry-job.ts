import type { Selectable } from 'kysely'
import { sql } from 'kysely'
import type { Tx } from '../../db/open.ts'
import type { Job } from '../../db/schema.ts'
import { parseAmount } from '../../money.ts'
import { Refusal } from '../../problems.ts'
import type { CreditRequest } from '../../requests/credit-request.ts'
import { claimReferences, contentHash } from '../credits/claim-references.ts'
import { lockCredit } from '../credits/find-credit.ts'

export type JobRow = Selectable<Job>

/**
 * Queues a failed job again, as if it were new: its error and its attempt marks are cleared. Throws a Refusal `job_not_found`,
 * `job_not_failed`, `reference_taken` when another job has the credit's reference by now, or `reversal_under_way` when another reversal of
 * the credit is queued.
 */
export async function retryJob(tx: Tx, jobId: string): Promise<JobRow> {
  const job = await findJob(tx, jobId)
  if (job.status !== 'failed') throw notFailed(job)
  // Every script locks references, credits and accounts before jobs.
  await BEFORE_RETRY[job.type]?.(tx, {
    ...job,
    account_id: job.account_id as number,
    subject_id: job.subject_id as string,
  })
  const taken = await tx
    .updateTable('job')
    .set({
      status: 'queued',
      attempts: 0,
      begun_by: [],
      error_code: null,
      error_message: null,
      finished_at: null,
      woken_at: sql<Date>`now()`,
    })
    .where('id', '=', jobId)
    .where('status', '=', 'failed')
    .returningAll()
    .executeTakeFirst()
  if (!taken) throw notFailed(await findJob(tx, jobId))
  return taken
}

async function findJob(tx: Tx, jobId: string): Promise<JobRow> {
  const job = await tx.selectFrom('job').selectAll().where('id', '=', jobId).executeTakeFirst()
  if (!job) throw new Refusal('job_not_found', `there is no job ${jobId}`)
  return job
}

const notFailed = ({ id, status }: JobRow) => new Refusal('job_not_failed', `job ${id} is ${status}`)

/** A request for a credit or a reversal has both columns; a check of the database ensures it (job_subject_check). */
type CreditJob = JobRow & { readonly account_id: number; readonly subject_id: string }

/** What is checked and claimed before a retry, by the type of the request. */
const BEFORE_RETRY: Readonly<Record<string, (tx: Tx, job: CreditJob) => Promise<void>>> = {
  credit: claimReference,
  reversal: refuseSecondReversal,
}

async function claimReference(tx: Tx, job: CreditJob): Promise<void> {
  const request = job.request as CreditRequest
  const { reference } = request
  if (reference === undefined) return
  const account = await tx
    .selectFrom('account')
    .select('currency')
    .where('id', '=', job.account_id)
    .executeTakeFirstOrThrow()
  const amount = parseAmount(request.amount, account.currency)
  const hash = contentHash(request, typeof amount === 'string' ? request.amount : amount.toFixed())
  const wanted = { accountId: job.account_id, reference, jobId: job.id, creditId: job.subject_id, hash }
  const holder = (await claimReferences(tx, [wanted])).get(job.id)
  // The job itself is the holder when another caller has just retried it.
  if (!holder || holder.jobId === job.id) return
  throw new Refusal('reference_taken', `its reference ${reference} was free, and job ${holder.jobId} has it by now`)
}

async function refuseSecondReversal(tx: Tx, job: CreditJob): Promise<void> {
  await lockCredit(tx, job.subject_id)
  // acceptReversal locks the credit's own row, not the account's.
  await sql`select from credit where id = ${job.subject_id}::uuid for no key update`.execute(tx)
  const other = await tx
    .selectFrom('job')
    .select('id')
    .where('subject_id', '=', job.subject_id)
    .where('type', '=', 'reversal')
    .where('status', '=', 'queued')
    .where('id', '<>', job.id)
    .executeTakeFirst()
  if (other) throw new Refusal('reversal_under_way', `job ${other.id} is to reverse credit ${job.subject_id} already`)
}
