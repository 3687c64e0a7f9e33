import { sql } from 'kysely'
import type { Tx } from '../../db/open.ts'
import { pgArray } from '../../db/pg-array.ts'
import { Refusal } from '../../problems.ts'
import { lockBillRun } from './lock-bill-run.ts'

/** Which of a run's failed accounts are meant: those with one of the codes, and those with one of the ids; all when neither is given. */
export type Failed = {
  readonly codes?: readonly string[] | undefined
  /** Internal ids. */
  readonly accountIds?: readonly number[] | undefined
}

/**
 * Reopens the failed batches of a bill run, or those of them that match. Returns how many accounts are tried again; a run without such
 * failures stays as it is. Throws a Refusal `bill_run_not_found`, or `bill_run_finished` for a cancelled run.
 */
export async function retryBillRun(tx: Tx, billRunId: string, { codes, accountIds }: Failed = {}): Promise<number> {
  const run = await lockBillRun(tx, billRunId)
  if (run.status === 'cancelled') throw new Refusal('bill_run_finished', `bill run ${billRunId} was cancelled`)
  const { numAffectedRows = 0n } = await sql`
    update bill_batch set status = 'open', begun_by = '{}', trouble = null, trouble_since = null, finished_at = null, woken_at = '-infinity'
    where bill_run_id = ${billRunId}::uuid and status = 'failed'
      and ${codes ? sql`failure_code = any(${[...codes]}::text[])` : sql`true`}
      and ${accountIds ? sql`account_ids[1] = any(${pgArray(accountIds)}::bigint[])` : sql`true`}`.execute(tx)
  if (numAffectedRows > 0n) {
    await tx.updateTable('bill_run').set({ status: 'running', finished_at: null }).where('id', '=', billRunId).execute()
  }
  return Number(numAffectedRows)
}
