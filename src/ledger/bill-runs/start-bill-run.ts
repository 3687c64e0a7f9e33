import { sql } from 'kysely'
import { newId } from '../../db/new-id.ts'
import type { Tx } from '../../db/open.ts'
import { pgArray } from '../../db/pg-array.ts'
import { Refusal } from '../../problems.ts'

export type BillRunRequest = {
  /** The accounts to bill: those of a bill group that have something pending, or these. */
  readonly of: { readonly billGroup: string } | { readonly accountKeys: readonly string[] }
  /** YYYY-MM-DD: charges up to this date are billed, and invoices bear it. */
  readonly billDate: string
  readonly name: string | null
  /** The schedule that proposes it and the business date it is for. */
  readonly schedule?: { readonly name: string; readonly date: string }
}

/**
 * Records a bill run that is to be carried out, and returns its id. A schedule's run for a date that has one already is not made
 * again: undefined. Throws a Refusal `account_not_found` when a named account is unknown.
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

/** The ids of accounts named by their callers' keys, each once, in id order. Refuses unknown ones, saying which. */
export async function accountIdsOf(tx: Tx, keys: readonly string[]): Promise<readonly number[]> {
  const { rows } = await sql<{ id: number; key: string }>`
    select id, key from account where key = any(${keys}::text[]) order by id`.execute(tx)
  const known = new Set(rows.map(({ key }) => key))
  const errors = keys.flatMap((key, index) =>
    known.has(key) ? [] : [{ pointer: `/accountIds/${index}`, message: `there is no account ${key}` }],
  )
  if (errors.length > 0) {
    throw new Refusal(
      'account_not_found',
      `${errors.length} of the ${keys.length} named accounts do not exist`,
      errors.slice(0, 20),
    )
  }
  return rows.map(({ id }) => id)
}
