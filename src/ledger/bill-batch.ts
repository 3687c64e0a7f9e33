import { sql } from 'kysely'
import { gatherRows } from '../db/gather-rows.ts'
import { newId } from '../db/new-id.ts'
import type { Db, Tx } from '../db/open.ts'
import { pgArray } from '../db/pg-array.ts'
import type { BatchCounts } from './count-batch.ts'
import { lockBillRun } from './lock-bill-run.ts'

export type BatchToBill = {
  readonly id: string
  readonly billRunId: string
  /** YYYY-MM-DD */
  readonly billDate: string
  readonly accountIds: readonly number[]
}

/** A batch and how often it has been tried, this try included. */
export type ClaimedBatch = BatchToBill & { readonly attempts: number }

/**
 * Counts a try of a batch, in a transaction of its own: a batch that kills its worker each time is known by its count.
 * That count alone may be lost when the database crashes too, so its COMMIT does not wait for the disk. Returns undefined when the
 * batch is closed already, or was cancelled with its run.
 */
export async function claimBatch(db: Db, batchId: string): Promise<ClaimedBatch | undefined> {
  const { rows } = await sql<{ bill_run_id: string; bill_date: string; account_ids: number[]; attempts: number }>`
    update bill_batch set attempts = attempts + 1
    from bill_run, set_config('synchronous_commit', 'off', true)
    where bill_batch.id = ${batchId}::uuid and bill_batch.status = 'open' and bill_run.id = bill_batch.bill_run_id
    returning bill_batch.bill_run_id, bill_run.bill_date, bill_batch.account_ids, bill_batch.attempts`.execute(db)
  const row = rows[0]
  return (
    row && {
      id: batchId,
      billRunId: row.bill_run_id,
      billDate: row.bill_date,
      accountIds: row.account_ids,
      attempts: row.attempts,
    }
  )
}

/** Whether a batch was begun before and has not ended. */
export async function wasBegun(db: Db, batchId: string): Promise<boolean> {
  const batch = await db
    .selectFrom('bill_batch')
    .select(['attempts', 'status'])
    .where('id', '=', batchId)
    .executeTakeFirst()
  return batch?.status === 'open' && batch.attempts > 0
}

/**
 * Closes a batch with its counts. False when it was closed before, because an earlier delivery billed it or its run was
 * cancelled: then nothing is to be written.
 */
export async function closeBatch(tx: Tx, batch: BatchToBill, counts: BatchCounts): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('bill_batch')
    .set({
      status: 'done',
      billed: counts.billed,
      nothing_to_bill: batch.accountIds.length - counts.billed,
      failure_code: null,
      failure_message: null,
      finished_at: sql<Date>`now()`,
    })
    .where('id', '=', batch.id)
    .where('status', '=', 'open')
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) return false
  await writeTotals(tx, batch, counts)
  return true
}

async function writeTotals(tx: Tx, batch: BatchToBill, { totals }: BatchCounts): Promise<void> {
  if (totals.length === 0) return
  const { add, rows } = gatherRows(8)
  for (const { currency, invoices, charged, creditsIssued, disbursed, creditsReversed } of totals) {
    const issued = [creditsIssued.count, creditsIssued.amount.toFixed()]
    const reversed = [creditsReversed.count, creditsReversed.amount.toFixed()]
    add(currency, invoices, charged.toFixed(), ...issued, disbursed.toFixed(), ...reversed)
  }
  const [currencies, invoices, charged, issuedCounts, issued, disbursed, reversedCounts, reversed] = rows().columns
  await sql`
    insert into bill_batch_total (bill_batch_id, bill_run_id, currency, invoices, charged, credits_issued_count,
      credits_issued_amount, disbursed, credits_reversed_count, credits_reversed_amount)
    select ${batch.id}::uuid, ${batch.billRunId}::uuid, total.* from unnest(
      ${currencies}::text[], ${invoices}::integer[], ${charged}::numeric[], ${issuedCounts}::integer[], ${issued}::numeric[],
      ${disbursed}::numeric[], ${reversedCounts}::integer[], ${reversed}::numeric[]) as total`.execute(tx)
}

/**
 * Puts a batch's accounts into this many smaller ones instead, to narrow down which account fails. Returns their ids, none when
 * the batch is no longer open. Their attempts start anew. Holds the run's lock, as cancelling does, which closes the open batches
 * that it sees: none is made beside it.
 */
export async function splitBatch(tx: Tx, batch: BatchToBill, parts: number): Promise<readonly string[]> {
  await lockBillRun(tx, batch.billRunId)
  const { numUpdatedRows } = await tx
    .updateTable('bill_batch')
    .set({ status: 'split', finished_at: sql`now()` })
    .where('id', '=', batch.id)
    .where('status', '=', 'open')
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 0n
    ? []
    : await insertBatches(tx, batch.billRunId, batch.accountIds, Math.ceil(batch.accountIds.length / parts))
}

/** Cuts accounts into open batches of at most this size, in order, and returns the batches' ids. */
export async function insertBatches(
  tx: Tx,
  billRunId: string,
  accountIds: readonly number[],
  batchSize: number,
): Promise<readonly string[]> {
  const batches = Array.from({ length: Math.ceil(accountIds.length / batchSize) }, (_, index) => ({
    id: newId(),
    accounts: pgArray(accountIds.slice(index * batchSize, (index + 1) * batchSize)),
  }))
  const ids = batches.map(({ id }) => id)
  // Lists of unlike length make no array of arrays: each goes as text.
  await sql`
    insert into bill_batch (id, bill_run_id, account_ids)
    select id, ${billRunId}::uuid, accounts::bigint[]
    from unnest(${pgArray(ids)}::uuid[], ${batches.map(({ accounts }) => accounts)}::text[]) as batch (id, accounts)`.execute(
    tx,
  )
  return ids
}

/** Takes back a counted try that failed for a reason outside the batch. */
export async function uncountTry(db: Db, batchId: string): Promise<void> {
  await db
    .updateTable('bill_batch')
    .set((eb) => ({ attempts: eb('attempts', '-', 1) }))
    .where('id', '=', batchId)
    .where('status', '=', 'open')
    .execute()
}

/** Records that the one account of a batch could not be billed, with a stable code and a reason for people. False when it is closed. */
export async function failBatch(tx: Tx, batch: BatchToBill, code: string, message: string): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('bill_batch')
    .set((eb) => ({
      status: 'failed',
      failure_code: code,
      failure_message: message,
      failure_attempts: eb('failure_attempts', '+', 1),
      finished_at: sql<Date>`now()`,
    }))
    .where('id', '=', batch.id)
    .where('status', '=', 'open')
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}
