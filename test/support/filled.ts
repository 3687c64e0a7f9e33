/** How many rows a filled database has of what is many. */
export type Sizes = {
  readonly accounts: number
  readonly runs: number
  readonly invoices: number
  readonly credits: number
  /** All of them on the large invoice. */
  readonly charges: number
  readonly jobs: number
  readonly entries: number
  readonly failures: number
}

/** Large enough that a plan which reads a table is seen. */
export const FILLED: Sizes = {
  accounts: 50_000,
  runs: 6_000,
  invoices: 150_000,
  credits: 150_000,
  charges: 60_000,
  jobs: 100_000,
  entries: 100_000,
  failures: 10_000,
}

/** The number of the account with a fifth of all credits. */
export const whaleOf = ({ accounts }: Sizes) => accounts * 0.8 + 1

/** The number of the invoice with many charges. */
export const largeInvoiceOf = ({ invoices }: Sizes) => Math.floor((invoices * 7) / 15)

/** The id of the nth row of a table whose ids go up in the order in which they were made, as UUIDv7 do. */
export const idOf = (table: keyof typeof PREFIX, n: number) => {
  const digits = `${PREFIX[table]}0000000007000a000${n.toString(16).padStart(12, '0')}`
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
const PREFIX = {
  invoice: '011',
  credit: '012',
  run: '013',
  batch: '014',
  job: '015',
  disbursement: '016',
  key: '017',
  charge: '018',
}

const id = (table: keyof typeof PREFIX, n: string) =>
  `('${PREFIX[table]}0000000007000a000' || lpad(to_hex(${n}), 12, '0'))::uuid`

/**
 * Fills a migrated database by a few statements, without triggers and foreign keys, as unevenly as a real one becomes: the newest invoices
 * unpaid and the older ones paid, the newest credits pending, most of the others spent, a stretch of them by hand, a handful to be reversed
 * among the oldest, one account with a fifth of all credits, bill groups of a hundred and of no accounts, and a run that failed for thousands
 * of accounts. Of the requests the newest few and the oldest wait, a fifth failed, and few are reversals; one account has most of them. To be
 * analyzed afterwards.
 */
export const fillStatements = (sizes: Sizes) => `
  set session_replication_role = replica;
  set synchronous_commit = off;
  insert into account (key, name, currency, bill_group)
    select 'account-' || n, case when n % 3 = 0 then 'Client ' else 'Account ' end || n || case when n % 2000 = 0 then ' Rare' when n % 2 = 0 then ' Ltd' else ' Inc' end, 'USD', case when n % 500 = 0 then 'small' else 'default' end
    from generate_series(1, ${sizes.accounts}) n;
  insert into bill_run (id, bill_group, bill_date, status, schedule_name, scheduled_for, created_at, finished_at)
    select ${id('run', 'n')}, case when n % 2000 = 9 then 'small' else 'default' end, '2026-01-01',
      (case when n % 1500 = 9 then 'cancelled' when n = 2 then 'completed_with_failures' else 'completed' end)::bill_run_status,
      case when n % 1000 = 7 then 'weekly' when n % 2 = 0 then 'nightly' end, case when n % 1000 = 7 or n % 2 = 0 then date '2026-01-01' + n end,
      now() - (${sizes.runs} - n) * interval '1 second', now()
    from generate_series(1, ${sizes.runs}) n;
  insert into schedule (name, cron, timezone, bill_group)
    select name, '0 2 * * *', 'UTC', 'default' from unnest(array['nightly', 'weekly']) name;
  insert into bill_batch (id, bill_run_id, account_ids, status, failure_code, failure_message, failure_attempts)
    select ${id('batch', 'n')}, ${id('run', '1')}, array[n], 'failed',
      case when n % 1000 = 0 then 'timed_out' else 'internal_error' end, 'message', 1
    from generate_series(1, ${sizes.failures}) n;
  insert into bill_batch (id, bill_run_id, account_ids, status, billed)
    select ${id('batch', `${sizes.failures} + n`)}, ${id('run', '1 + n / 3')}, array[n], 'done', 1
    from generate_series(1, ${sizes.runs} * 3 - 1) n;
  insert into invoice (id, account_id, number, bill_run_id, issued_on, due_on, total_charge, total, balance, transaction_count)
    select ${id('invoice', 'n')}, 1 + n % ${sizes.accounts}, n, ${id('run', `1 + (n - 1) / ${Math.ceil(sizes.invoices / sizes.runs)}`)},
      current_date - ${Math.ceil(sizes.invoices / 1000)} + n / 1000, current_date - ${Math.ceil(sizes.invoices / 1000)} + 30 + n / 1000, 10, 10,
      case when n > ${sizes.invoices} * 0.7 or n < 100 then 10 else 0 end,
      case when n = ${largeInvoiceOf(sizes)} then ${sizes.charges} else 1 end
    from generate_series(1, ${sizes.invoices}) n;
  insert into credit (id, account_id, amount, disbursed, status, reason, automatic_disbursement, invoice_id, reversed_on_invoice_id, created_at)
    select ${id('credit', 'n')}, case when n % 5 = 0 then ${whaleOf(sizes)} else 1 + n % ${sizes.accounts} end, 5,
      case when status = 'reversed' or status = 'issued' and n % 51 <> 0 then 5 else 0 end, status::credit_status, 'a credit',
      not (n % 97 = 0 or n between ${sizes.credits} * 0.3 and ${sizes.credits} * 0.4),
      case when status in ('issued', 'reversal_pending', 'reversed') then ${id('invoice', 'n')} end,
      case when status = 'reversed' then ${id('invoice', 'n')} end, now()
    from (select n, case when n > ${sizes.credits} * 0.7 then 'pending' when n in (7, 8, 9) then 'reversal_pending'
      when n < 1000 then 'reversed' when n < 2000 then 'deleted' else 'issued' end as status
      from generate_series(1, ${sizes.credits}) n) credit;
  insert into charge (id, account_id, amount, description, charged_on, invoice_id)
    select ${id('charge', 'n')}, 1 + ${largeInvoiceOf(sizes)} % ${sizes.accounts}, 1, 'a charge', '2026-01-01', ${id('invoice', `${largeInvoiceOf(sizes)}`)}
    from generate_series(1, ${sizes.charges}) n;
  insert into disbursement (id, credit_id, invoice_id, account_id, amount, automatic)
    select ${id('disbursement', 'n')}, ${id('credit', '1 + n % 1000')}, ${id('invoice', 'n')}, 1, 1, true
    from generate_series(1, 50000) n;
  insert into api_key (id, name, key_hash, scopes)
    select ${id('key', 'n')}, 'key ' || n, sha256(n::text::bytea), '{read}' from generate_series(1, 20) n;
  insert into job (id, type, subject_id, account_id, request, status, error_code, error_message, api_key_id, request_id, created_at, finished_at)
    select ${id('job', 'n')}, case when n % 9000 = 7 then 'reversal' else 'credit' end, ${id('credit', 'n')},
      case when n % 5 = 0 then 1 + n % ${sizes.accounts} else ${whaleOf(sizes)} end, '{"amount": "5", "reason": "a credit"}', status::job_status,
      case when status = 'failed' then case when n % 4000 = 1 then 'timed_out' else 'database_refused' end end,
      case when status = 'failed' then 'a message' end,
      ${id('key', 'case when n < 20 then n else 20 end')}, 'request-' || n, now() - n * interval '1 second',
      case when status <> 'queued' then now() end
    from (select n, case when n < 10 or n > ${sizes.jobs} * 0.9 then 'queued' when n between 20000 and 40000 then 'failed' else 'done' end as status
      from generate_series(1, ${sizes.jobs}) n) job;
  insert into audit_entry (at, api_key_id, request_id, action, subject)
    select now() - n * interval '1 second', ${id('key', 'case when n < 20 then n else 20 end')}, 'request', 'key.create',
      'subject-' || case when n % 500 = 0 then 9 else n end
    from generate_series(1, ${sizes.entries}) n;
  reset session_replication_role`
