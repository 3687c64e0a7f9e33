import { sql } from 'kysely'
import type { Db, Tx } from '../../db/open.ts'
import { inTransaction } from '../../db/transaction.ts'
import { lockBillRun } from './lock-bill-run.ts'

/**
 * Ends a bill run if no batch of it is open and all its accounts are selected. Called after the COMMIT of every batch, so
 * whoever finishes the last batch finishes the run, and by the relay for a worker that died just then.
 */
export async function finishBillRun(db: Db, billRunId: string): Promise<void> {
  const { rows } = await sql`
    select from bill_run where id = ${billRunId}::uuid and finished_at is null and selected_all
      and not exists (select from bill_batch where bill_run_id = ${billRunId}::uuid and status = 'open')`.execute(db)
  if (rows.length > 0) await inTransaction(db, (tx) => endBillRun(tx, billRunId))
}

/** The same, in a transaction. What is open is read under the run's lock: a retry may be opening failed accounts again. */
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
