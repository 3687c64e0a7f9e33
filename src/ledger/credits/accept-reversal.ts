import { sql } from 'kysely'
import { newId } from '../../db/new-id.ts'
import type { Tx } from '../../db/open.ts'
import type { ReversalRequest } from '../../requests/reversal-request.ts'
import type { Actor } from '../audit/actor.ts'
import type { AcceptedCredit } from './accept-credits.ts'
import { findCredit } from './find-credit.ts'
import { statusAfter } from './status-after.ts'

/**
 * Accepts the reversal of an issued credit: inserts a queued job. While a reversal is queued or pending, a repeat returns the ids of that
 * one. Throws a Refusal `credit_not_found`, `credit_not_issued` or `credit_already_reversed`.
 */
export async function acceptReversal(
  tx: Tx,
  creditId: string,
  request: ReversalRequest,
  actor: Actor,
): Promise<AcceptedCredit> {
  // Locked until COMMIT, so that an earlier request cannot be processed between this check and the insert.
  await sql`select from credit where id = ${creditId}::uuid for share`.execute(tx)
  const credit = await findCredit(tx, creditId)
  statusAfter(credit, 'reverse')
  if (credit.status === 'reversal_pending' && credit.reversal_job_id) return { jobId: credit.reversal_job_id, creditId }

  const inserted = await tx
    .insertInto('job')
    .values({
      id: newId(),
      type: 'reversal',
      subject_id: creditId,
      account_id: credit.account_id,
      request: JSON.stringify(request),
      api_key_id: actor.apiKeyId,
      request_id: actor.requestId,
    })
    // Literals, not parameters: with parameters, a generic plan cannot match the condition of the partial index.
    .onConflict((conflict) =>
      conflict.column('subject_id').where(sql<boolean>`type = 'reversal' and status = 'queued'`).doNothing(),
    )
    .returning('id')
    .executeTakeFirst()
  if (inserted) return { jobId: inserted.id, creditId }
  const underWay = await tx
    .selectFrom('job')
    .select('id')
    .where('subject_id', '=', creditId)
    .where('type', '=', 'reversal')
    // The queued job first: after a retry it may be older than another job that has failed since.
    .orderBy(sql`status = 'queued'`, 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()
  return { jobId: underWay.id, creditId }
}
