import { sql } from 'kysely'
import Value from 'typebox/value'
import type { Tx } from '../../db/open.ts'
import type { CreditStatus } from '../../db/schema.ts'
import { ReversalRequest } from '../../requests/reversal-request.ts'
import { lockAccounts } from '../accounts/lock-accounts.ts'
import { lockQueuedJobs, settleJobs } from '../requests/settle-jobs.ts'
import { refuseAction } from './status-after.ts'

/**
 * Records accepted reversals: marks each credit to be reversed by the next bill run of its account. A repeat changes nothing. For a credit
 * that can no longer be reversed, only its own job fails.
 */
export async function recordReversals(tx: Tx, jobIds: readonly string[]): Promise<void> {
  const { rows: accounts } = await sql<{ id: number }>`
    select distinct account_id as id from job where id = any(${jobIds}::uuid[])`.execute(tx)
  await lockAccounts(
    tx,
    accounts.map(({ id }) => id),
  )
  const jobs = await lockQueuedJobs(tx, 'reversal', jobIds)
  const { rows: credits } = await sql<{ id: string; status: CreditStatus }>`
    select id, status from credit where id = any(${jobs.map((job) => job.subject_id)}::uuid[])`.execute(tx)
  const statusOf = new Map(credits.map(({ id, status }) => [id, status]))

  const settled = jobs.map((job) => {
    const valid = Value.Check(ReversalRequest, job.request)
    const refusal = refuseAction({ id: job.subject_id, status: statusOf.get(job.subject_id) ?? 'pending' }, 'reverse')
    return {
      id: job.id,
      refusal: valid ? refusal : { code: 'invalid_request', message: 'the stored request is not a reversal' },
      result: { creditId: job.subject_id },
    }
  })
  const granted = settled.filter(({ refusal }) => refusal === undefined).map(({ id }) => id)
  await sql`
    update credit set status = 'reversal_pending', reversal_job_id = job.id
    from job where job.id = any(${granted}::uuid[]) and credit.id = job.subject_id and credit.status = 'issued'`.execute(
    tx,
  )
  await settleJobs(tx, settled)
}
