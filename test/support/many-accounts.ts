import { sql } from 'kysely'
import { expect } from 'vitest'
import type { Stack } from './stack.ts'

export const BILL_DATE = '2026-01-31'

/** Accounts of a bill group, named `<group>-1` and so on, with a charge each, and for every third an automatic credit, all made by a few statements. */
export async function insertAccounts(
  { asOwner }: { readonly asOwner: (statement: string) => Promise<unknown> },
  group: string,
  count: number,
): Promise<void> {
  await asOwner(`
    insert into account (key, name, currency, bill_group)
      select '${group}-' || n, 'Account ' || n, 'USD', '${group}' from generate_series(1, ${count}) n;
    insert into charge (id, account_id, amount, description, charged_on)
      select gen_random_uuid(), id, 100 + id % 7 + 0.25, 'a charge', '2026-01-01' from account where bill_group = '${group}';
    with key as (
      insert into api_key (id, name, key_hash, scopes) values (gen_random_uuid(), '${group}', sha256('${group}'), '{enqueue}') returning id)
    insert into job (id, type, subject_id, account_id, request, api_key_id, request_id)
      select gen_random_uuid(), 'credit', gen_random_uuid(), account.id,
        jsonb_build_object('accountId', account.key, 'amount', '30', 'reason', 'a credit'), key.id, '${group}'
      from account, key where bill_group = '${group}' and account.id % 3 = 0;
    insert into credit (id, account_id, amount, reason, automatic_disbursement, created_at)
      select subject_id, account_id, 30, 'a credit', true, created_at from job where request_id = '${group}';
    update job set status = 'done', finished_at = now() where request_id = '${group}';
    analyze account, charge, credit`)
}

/** Every account of the group was billed exactly once by this run, save `failed`, the run knows so, and nothing is left pending. */
export async function expectBilledOnce(
  stack: Stack,
  billRunId: string,
  group: string,
  { failed = 0 }: { readonly failed?: number } = {},
): Promise<void> {
  const { rows } = await sql<Record<string, number | string | boolean>>`
    select (select count(*) from account where bill_group = ${group}) - ${failed}::integer as accounts,
      (select count(*) from invoice where bill_run_id = ${billRunId}::uuid) as invoices,
      (select count(distinct account_id) from invoice where bill_run_id = ${billRunId}::uuid) as billed,
      (select coalesce(sum(billed), 0) from bill_batch where bill_run_id = ${billRunId}::uuid) as counted,
      (select count(*) from bill_batch where bill_run_id = ${billRunId}::uuid and status = 'failed') as failed,
      (select count(*) from charge join account on account.id = account_id where bill_group = ${group} and invoice_id is null) as unbilled,
      (select coalesce(sum(total_charge), 0)::text from invoice where bill_run_id = ${billRunId}::uuid) as charged,
      (select coalesce(sum(amount), 0)::text from charge join account on account.id = account_id where bill_group = ${group} and invoice_id is not null) as charges,
      (select status::text from bill_run where id = ${billRunId}::uuid) as status`.execute(stack.db)
  const row = rows[0] as { accounts: number; charges: string }
  expect(row).toEqual({
    accounts: row.accounts,
    invoices: row.accounts,
    billed: row.accounts,
    counted: row.accounts,
    failed,
    unbilled: failed,
    charged: row.charges,
    charges: row.charges,
    status: failed > 0 ? 'completed_with_failures' : 'completed',
  })
}
