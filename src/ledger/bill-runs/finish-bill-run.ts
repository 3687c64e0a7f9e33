import { sql } from 'kysely'
import type { Db, Tx } from '../../db/open.ts'
import { inTransaction } from '../../db/transaction.ts'
import { lockBillRun } from './lock-bill-run.ts'

/**
 * Ends a bill run if all its accounts are selected and none of its batches is open. Called after the COMMIT of every batch, so that the
 * worker of the last batch ends the run. If that worker dies before it does, the relay enqueues the run again.
 */
export async function finishBillRun(db: Db, billRunId: string): Promise<void> {
  const { rows } = await sql`
    select from bill_run where id = ${billRunId}::uuid and finished_at is null and selected_all
      and not exists (select from bill_batch where bill_run_id = ${billRunId}::uuid and status = 'open')`.execute(db)
  if (rows.length > 0) await inTransaction(db, (tx) => endBillRun(tx, billRunId))
}

/** The same, in a transaction. Takes the run's lock before it looks for open batches: a retry may be reopening failed ones. */
export async function endBillRun(tx: Tx, billRunId: string): Promise<void> {
  await lockBillRun(tx, billRunId)
  await sql`
    update bill_run set
      status = case
        when cancel_requested_at is not null then 'cancelled'
        when exists (select from bill_batch where bill_run_id = ${billRunId}::uuid and status = 'failed') then 'completed_with_failures'
        else 'completed'
      end::bill_run_status,
      finished_at = now()
    where id = ${billRunId}::uuid and finished_at is null and selected_all
      and not exists (select from bill_batch where bill_run_id = ${billRunId}::uuid and status = 'open')`.execute(tx)
}
