import { sql } from 'kysely'
import { newId } from '../../db/new-id.ts'
import type { Tx } from '../../db/open.ts'
import { pgArray } from '../../db/pg-array.ts'
import { accountIdsOf } from '../accounts/find-accounts.ts'

export type BillRunRequest = {
  /** The accounts to bill: those of a bill group that have something pending, or the named ones. */
  readonly of: { readonly billGroup: string } | { readonly accountKeys: readonly string[] }
  /** YYYY-MM-DD: charges up to this date are billed, and invoices bear it. */
  readonly billDate: string
  readonly name: string | null
  /** The schedule that proposes the run, and the business date. */
  readonly schedule?: { readonly name: string; readonly date: string }
}

/**
 * Inserts a queued bill run and returns its id. Returns undefined when the schedule has a run for this date already. Throws a Refusal
 * `account_not_found` when a named account is unknown.
 */
export async function startBillRun(tx: Tx, request: BillRunRequest): Promise<string | undefined> {
  const accountIds = 'accountKeys' in request.of ? await accountIdsOf(tx, request.of.accountKeys) : null
  const row = await tx
    .insertInto('bill_run')
    .values({
      id: newId(),
      name: request.name,
      bill_group: 'billGroup' in request.of ? request.of.billGroup : null,
      account_ids: accountIds && sql<number[]>`${pgArray(accountIds)}::bigint[]`,
      bill_date: request.billDate,
      schedule_name: request.schedule?.name ?? null,
      scheduled_for: request.schedule?.date ?? null,
    })
    .onConflict((conflict) => conflict.columns(['schedule_name', 'scheduled_for']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return row?.id
}
