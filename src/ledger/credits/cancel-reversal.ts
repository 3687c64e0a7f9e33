import type { Tx } from '../../db/open.ts'
import { settleJobs } from '../requests/settle-jobs.ts'
import { lockCredit } from './find-credit.ts'
import { statusAfter } from './status-after.ts'

/**
 * Cancels a reversal that no bill run has applied yet, even if its job is still queued. Throws a Refusal `credit_not_found` or
 * `no_reversal_pending`.
 */
export async function cancelReversal(tx: Tx, creditId: string): Promise<void> {
  const credit = await lockCredit(tx, creditId)
  const accepted = await tx
    .selectFrom('job')
    .select('id')
    .where('subject_id', '=', creditId)
    .where('type', '=', 'reversal')
    .where('status', '=', 'queued')
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (!accepted) statusAfter(credit, 'cancel_reversal')
  else {
    const refusal = { code: 'reversal_cancelled', message: 'cancelled before it was carried out' }
    await settleJobs(tx, [{ id: accepted.id, refusal, result: {} }])
  }
  await tx
    .updateTable('credit')
    .set({ status: 'issued', reversal_job_id: null })
    .where('id', '=', creditId)
    .where('status', '=', 'reversal_pending')
    .execute()
}
