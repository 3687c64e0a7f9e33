import { sql } from 'kysely'
import { newId } from '../../db/new-id.ts'
import type { Tx } from '../../db/open.ts'
import type { ReversalRequest } from '../../requests/reversal-request.ts'
import type { Actor } from '../audit/actor.ts'
import type { AcceptedCredit } from './accept-credits.ts'
import { findCredit } from './find-credit.ts'
import { statusAfter } from './status-after.ts'

/**
 * Accepts the reversal of an issued credit: writes its durable job. Asked for again while one is under way or pending, it gives the
 * same answer. Throws a Refusal `credit_not_found`, `credit_not_issued` or `credit_already_reversed`.
 */
export async function acceptReversal(
  tx: Tx,
  creditId: string,
  request: ReversalRequest,
  actor: Actor,
): Promise<AcceptedCredit> {
  // Held until COMMIT, so that an earlier request cannot be carried out between this look and the new job.
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
    // Literals, not parameters: a plan made for any parameters cannot prove that they are those of the partial index.
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
    // One that was taken up again may be older than one that failed since.
    .orderBy(sql`status = 'queued'`, 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()
  return { jobId: underWay.id, creditId }
}
