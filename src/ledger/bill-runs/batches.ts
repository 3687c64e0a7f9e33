import { sql } from 'kysely'
import { newId } from '../../db/new-id.ts'
import type { Db, Tx } from '../../db/open.ts'
import { pgArray } from '../../db/pg-array.ts'
import { unnest } from '../../db/unnest.ts'
import type { BatchCounts } from '../invoices/count-batch.ts'
import { addOurMark, otherMarks } from '../requests/attempt-marks.ts'
import { lockBillRun } from './lock-bill-run.ts'

export type BatchToBill = {
  readonly id: string
  readonly billRunId: string
  /** YYYY-MM-DD */
  readonly billDate: string
  readonly accountIds: readonly number[]
}

/** A batch, and how many processes started it and were lost before it ended. */
export type ClaimedBatch = BatchToBill & { readonly crashes: number }

/**
 * Marks a batch as attempted by this process, in a transaction of its own. The mark stays when the process dies, so a batch that kills
 * every process is recognized. The mark need not survive a crash of the database, so its COMMIT does not wait for the disk. Returns
 * undefined when the batch is closed already, or was cancelled with its run.
 */
export async function claimBatch(db: Db, batchId: string): Promise<ClaimedBatch | undefined> {
  const { rows } = await sql<{ bill_run_id: string; bill_date: string; account_ids: number[]; crashes: number }>`
    update bill_batch set begun_by = ${addOurMark}
    from bill_run, set_config('synchronous_commit', 'off', true)
    where bill_batch.id = ${batchId}::uuid and bill_batch.status = 'open' and bill_run.id = bill_batch.bill_run_id
    returning bill_batch.bill_run_id, bill_run.bill_date, bill_batch.account_ids, ${otherMarks} as crashes`.execute(db)
  const row = rows[0]
  return (
    row && {
      id: batchId,
      billRunId: row.bill_run_id,
      billDate: row.bill_date,
      accountIds: row.account_ids,
      crashes: row.crashes,
    }
  )
}

/** Whether another process has started an open batch and not reported an end. */
export async function isMarkedByOthers(db: Db, batchId: string): Promise<boolean> {
  const { rows } = await sql`
    select from bill_batch where id = ${batchId}::uuid and status = 'open' and ${otherMarks} > 0`.execute(db)
  return rows.length > 0
}

/**
 * Closes a batch with its counts. Returns false when it is closed already, because an earlier delivery billed it or its run was cancelled:
 * then the caller must write nothing.
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
  const rows = totals.map(({ currency, invoices, charged, creditsIssued, disbursed, creditsReversed }) => ({
    currency,
    invoices,
    charged: charged.toFixed(),
    credits_issued_count: creditsIssued.count,
    credits_issued_amount: creditsIssued.amount.toFixed(),
    disbursed: disbursed.toFixed(),
    credits_reversed_count: creditsReversed.count,
    credits_reversed_amount: creditsReversed.amount.toFixed(),
  }))
  const types = {
    currency: 'text',
    invoices: 'integer',
    charged: 'numeric',
    credits_issued_count: 'integer',
    credits_issued_amount: 'numeric',
    disbursed: 'numeric',
    credits_reversed_count: 'integer',
    credits_reversed_amount: 'numeric',
  }
  await sql`
    insert into bill_batch_total (bill_batch_id, bill_run_id, currency, invoices, charged, credits_issued_count, credits_issued_amount,
      disbursed, credits_reversed_count, credits_reversed_amount)
    select ${batch.id}::uuid, ${batch.billRunId}::uuid, currency, invoices, charged, credits_issued_count, credits_issued_amount,
      disbursed, credits_reversed_count, credits_reversed_amount
    from ${unnest('total', types, rows)}`.execute(tx)
}

/**
 * Replaces a batch by this many smaller ones, to find out which account fails. Returns the ids of the new batches, without attempt marks;
 * none when the batch is no longer open. Takes the run's lock, as cancelling does: cancelling closes the open batches that it sees, and
 * would miss new ones.
 */
export async function splitBatch(tx: Tx, batch: BatchToBill, parts: number): Promise<readonly string[]> {
  await lockBillRun(tx, batch.billRunId)
  const { numUpdatedRows } = await tx
    .updateTable('bill_batch')
    .set({ status: 'split', finished_at: sql`now()` })
    .where('id', '=', batch.id)
    .where('status', '=', 'open')
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 0n ? [] : await insertBatches(tx, batch.billRunId, splitEvenly(batch.accountIds, parts))
}

function splitEvenly(accountIds: readonly number[], parts: number): readonly (readonly number[])[] {
  const size = Math.ceil(accountIds.length / parts)
  return Array.from({ length: Math.ceil(accountIds.length / size) }, (_, index) =>
    accountIds.slice(index * size, (index + 1) * size),
  )
}

/** Inserts an open batch for each list of accounts. Returns the ids of the batches, in order. */
export async function insertBatches(
  tx: Tx,
  billRunId: string,
  batches: readonly (readonly number[])[],
): Promise<readonly string[]> {
  if (batches.length === 0) return []
  // Postgres has no arrays of arrays of different lengths, so each list goes as text.
  const rows = batches.map((accountIds) => ({ id: newId(), accounts: `"${pgArray(accountIds)}"` }))
  await sql`
    insert into bill_batch (id, bill_run_id, account_ids)
    select id, ${billRunId}::uuid, accounts::bigint[]
    from ${unnest('batch', { id: 'uuid', accounts: 'text' }, rows)}`.execute(tx)
  return rows.map(({ id }) => id)
}

/**
 * Records that the one account of a batch could not be billed, with a stable code and a reason for people. Returns false when the batch is
 * closed already.
 */
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
