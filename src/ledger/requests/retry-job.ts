import { type Selectable, sql } from 'kysely'
import type { Tx } from '../../db/open.ts'
import type { Job } from '../../db/schema.ts'
import { parseAmount } from '../../money.ts'
import { Refusal } from '../../problems.ts'
import type { CreditRequest } from '../../requests/credit-request.ts'
import { lockAccounts } from '../accounts/lock-accounts.ts'
import { claimReferences, contentHash } from '../credits/claim-references.ts'

export type JobRow = Selectable<Job>

/** What became of failed jobs that were to be retried: those that are queued again, and why the others are not, by their ids. */
export type Retried = { readonly queued: readonly string[]; readonly refused: ReadonlyMap<string, Refusal> }

/**
 * Queues a failed job again, as if it were new: its error and its attempt marks are cleared. Returns it as it is then. Throws a Refusal
 * `job_not_found`, `job_not_failed`, `reference_taken` when another job has the credit's reference by now, or `reversal_under_way` when
 * another reversal of the credit is queued.
 */
export async function retryJob(tx: Tx, jobId: string): Promise<JobRow> {
  const job = await findJob(tx, jobId)
  if (job.status !== 'failed') throw notFailed(job)
  const { queued, refused } = await retryJobs(tx, job.type, [job])
  const refusal = refused.get(jobId)
  if (refusal) throw refusal
  const now = await findJob(tx, jobId)
  if (queued.length === 0) throw notFailed(now)
  return now
}

/**
 * Queues failed jobs of one type again, as retryJob does. Of several with one reference, or that reverse one credit, the first is queued.
 * A job that is in neither part of the result is no longer failed, or gone: then the caller must undo the transaction, because the job's
 * reference may be claimed for it.
 */
export async function retryJobs(tx: Tx, type: string, jobs: readonly JobRow[]): Promise<Retried> {
  // Every script locks references, credits and accounts before jobs.
  const refused = (await BEFORE_RETRY[type]?.(tx, jobs as readonly CreditJob[])) ?? new Map<string, Refusal>()
  const ids = jobs.map(({ id }) => id).filter((id) => !refused.has(id))
  const queued = await tx
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
    .where('id', '=', sql<string>`any(${ids}::uuid[])`)
    .where('status', '=', 'failed')
    .returning('id')
    .execute()
  return { queued: queued.map(({ id }) => id), refused }
}

async function findJob(tx: Tx, jobId: string): Promise<JobRow> {
  const job = await tx.selectFrom('job').selectAll().where('id', '=', jobId).executeTakeFirst()
  if (!job) throw new Refusal('job_not_found', `there is no job ${jobId}`)
  return job
}

const notFailed = ({ id, status }: JobRow) => new Refusal('job_not_failed', `job ${id} is ${status}`)

/** A request for a credit or a reversal has both columns; a check of the database ensures it (job_subject_check). */
type CreditJob = JobRow & { readonly account_id: number; readonly subject_id: string }
type Refusals = ReadonlyMap<string, Refusal>

/** What is checked and claimed before a retry, by the type of the requests. Returns who is refused, by their ids. */
const BEFORE_RETRY: Readonly<Record<string, (tx: Tx, jobs: readonly CreditJob[]) => Promise<Refusals>>> = {
  credit: claimTheirReferences,
  reversal: refuseSecondReversals,
}

async function claimTheirReferences(tx: Tx, jobs: readonly CreditJob[]): Promise<Refusals> {
  const refused = new Map<string, Refusal>()
  const currencyOf = await currenciesOf(tx, jobs)
  const firstWith = new Map<string, string>()
  const wanted = jobs.flatMap((job) => {
    const request = job.request as CreditRequest
    const { reference } = request
    if (reference === undefined) return []
    const first = firstWith.get(`${job.account_id} ${reference}`)
    if (first !== undefined) {
      refused.set(job.id, referenceTaken(reference, first))
      return []
    }
    firstWith.set(`${job.account_id} ${reference}`, job.id)
    const amount = parseAmount(request.amount, currencyOf.get(job.account_id) as string)
    const hash = contentHash(request, typeof amount === 'string' ? request.amount : amount.toFixed())
    return [{ accountId: job.account_id, reference, jobId: job.id, creditId: job.subject_id, hash }]
  })
  const holders = await claimReferences(tx, wanted)
  for (const { jobId, reference } of wanted) {
    const holder = holders.get(jobId)
    // The job itself is the holder when another caller has just retried it.
    if (holder && holder.jobId !== jobId) refused.set(jobId, referenceTaken(reference, holder.jobId))
  }
  return refused
}

const referenceTaken = (reference: string, jobId: string) =>
  new Refusal('reference_taken', `its reference ${reference} was free, and job ${jobId} has it by now`)

async function currenciesOf(tx: Tx, jobs: readonly CreditJob[]): Promise<ReadonlyMap<number, string>> {
  const ids = [...new Set(jobs.map(({ account_id }) => account_id))]
  const accounts = await tx.selectFrom('account').select(['id', 'currency']).where('id', 'in', ids).execute()
  return new Map(accounts.map(({ id, currency }) => [id, currency]))
}

async function refuseSecondReversals(tx: Tx, jobs: readonly CreditJob[]): Promise<Refusals> {
  const creditIds = [...new Set(jobs.map(({ subject_id }) => subject_id))].sort()
  const accountIds = [...new Set(jobs.map(({ account_id }) => account_id))].sort((a, b) => a - b)
  await lockAccounts(tx, accountIds)
  // acceptReversal locks the credit's own row, not the account's.
  await sql`select from credit where id = any(${creditIds}::uuid[]) order by id for no key update`.execute(tx)
  const others = await tx
    .selectFrom('job')
    .select(['id', 'subject_id'])
    .where('subject_id', 'in', creditIds)
    .where('type', '=', 'reversal')
    .where('status', '=', 'queued')
    .execute()
  const reversing = new Map(others.map(({ id, subject_id }) => [subject_id as string, id]))
  const refused = new Map<string, Refusal>()
  for (const { id, subject_id } of jobs) {
    const other = reversing.get(subject_id) ?? id
    reversing.set(subject_id, other)
    if (other === id) continue
    const detail = `job ${other} is to reverse credit ${subject_id} already`
    refused.set(id, new Refusal('reversal_under_way', detail))
  }
  return refused
}
